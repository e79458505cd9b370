{{/* The pod template of every mode. */}}
{{- define "kubesieve.pod" -}}
{{- $v := .Values -}}
{{- $facts := include "kubesieve.facts" . | fromYaml -}}
metadata:
  labels:
    {{- include "kubesieve.podSelector" . | nindent 4 }}
    {{- with $v.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if or $v.podAnnotations (not $facts.dropIn) }}
  annotations:
    {{- if not $facts.dropIn }}
    kubesieve.io/read-at-start: {{ include "kubesieve.restartParts" . | sha256sum }}
    {{- end }}
    {{- with $v.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ include "kubesieve.serviceAccountName" . | quote }}
  automountServiceAccountToken: {{ $facts.token }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 $v.terminationGracePeriodSeconds }}
  {{- with include "kubesieve.priorityClassName" . }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $v.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: kubesieve
      image: {{ include "kubesieve.image" . }}
      imagePullPolicy: {{ $v.image.pullPolicy | quote }}
      command: [kubesieve]
      args:
        {{- include "kubesieve.args" . | nindent 8 }}
      {{- with include "kubesieve.env" . }}
      env:
        {{- . | trim | nindent 8 }}
      {{- end }}
      ports:
        - {name: tenants, containerPort: {{ $facts.port }}, protocol: TCP}
        - {name: admin, containerPort: 9440, protocol: TCP}
      startupProbe:
        httpGet: {path: /-/healthy, port: admin}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 30
      livenessProbe:
        httpGet: {path: /-/healthy, port: admin}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /-/ready, port: admin}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      resources:
        {{- $v.resources | default (include "kubesieve.resources" $facts | fromYaml) | toYaml | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- with include "kubesieve.sources" . }}
      volumeMounts:
        - {name: files, mountPath: /etc/kubesieve, readOnly: true}
      {{- end }}
  {{- with include "kubesieve.sources" . }}
  volumes:
    - name: files
      projected:
        defaultMode: 0440
        sources:
          {{- . | trim | nindent 10 }}
  {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations | default ($facts.daemon | ternary (list (dict "operator" "Exists")) list) }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if not $facts.daemon }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "kubesieve.podSelector" $ | nindent 10 }}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "kubesieve.image" -}}
{{- $image := .Values.image -}}
{{- $tag := default .Chart.AppVersion $image.tag -}}
{{- $version := ternary (print "@" $image.digest) (print ":" $tag) (ne $image.digest "") -}}
{{- print $image.repository $version | quote -}}
{{- end -}}

{{- define "kubesieve.args" -}}
- serve
{{- if eq .Values.mode "dropIn" }}
- --admin-listen=:9440
{{- if .Values.tls.enabled }}
- --tls-cert=/etc/kubesieve/tls.crt
- --tls-key=/etc/kubesieve/tls.key
{{- end }}
{{- else }}
- --config
- /etc/kubesieve/config.yaml
{{- end }}
{{- end -}}

{{- define "kubesieve.env" -}}
{{- $v := .Values -}}
{{- if eq $v.mode "daemonset" }}
- name: NODE_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
{{- end }}
{{- if eq $v.mode "dropIn" }}
- name: KUBELET_HOST
  {{- if $v.dropIn.kubeletHost }}
  value: {{ $v.dropIn.kubeletHost | quote }}
  {{- else }}
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
  {{- end }}
- {name: KUBELET_PORT, value: {{ int64 $v.kubelet.port | toString | quote }}}
- {name: ALLOWED_NAMESPACES, value: {{ join "," $v.dropIn.namespaces | quote }}}
{{- if $v.kubelet.insecure }}
- {name: KUBELET_INSECURE, value: "true"}
{{- else }}
- {name: KUBELET_CA_FILE, value: /etc/kubesieve/kubelet-ca.crt}
{{- end }}
{{- with $v.kubelet.serverName }}
- {name: KUBELET_SERVER_NAME, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- with $v.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* All that /etc/kubesieve holds: sources of one projected volume. */}}
{{- define "kubesieve.sources" -}}
{{- $v := .Values -}}
{{- $facts := include "kubesieve.facts" . | fromYaml -}}
{{- if not $facts.dropIn }}
- configMap:
    name: {{ include "kubesieve.fullname" . | quote }}
    items: [{key: config.yaml, path: config.yaml}]
{{- end }}
{{- if $v.tls.enabled }}
- secret:
    name: {{ include "kubesieve.tlsSecretName" . | quote }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- if $facts.clientCA }}
{{ include "kubesieve.source" (dict "from" $v.tls.clientCA "path" "clients.crt") }}
{{- end }}
{{- if $facts.kubeletCA }}
{{ include "kubesieve.source" (dict "from" $v.kubelet.ca "path" "kubelet-ca.crt") }}
{{- end }}
{{- end -}}

{{/* A key of a Secret or a ConfigMap; where neither is named, the cluster's own CA. */}}
{{- define "kubesieve.source" -}}
{{- $named := or .from.secret .from.configMap -}}
- {{ ternary "secret" "configMap" (ne .from.secret "") }}:
    name: {{ default "kube-root-ca.crt" $named | quote }}
    items: [{key: {{ ternary .from.key "ca.crt" (ne $named "") | quote }}, path: {{ .path }}}]
{{- end -}}

{{/* As measured: docs/deploy.md. */}}
{{- define "kubesieve.resources" -}}
{{- if .gateway -}}
requests: {cpu: 200m, memory: 640Mi}
limits: {memory: 1Gi}
{{- else -}}
requests: {cpu: 50m, memory: 96Mi}
limits: {memory: 256Mi}
{{- end -}}
{{- end -}}
