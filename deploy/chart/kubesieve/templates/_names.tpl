{{- define "kubesieve.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{- define "kubesieve.fullname" -}}
{{- $name := include "kubesieve.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- $full := default $both .Values.fullnameOverride -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9.]{0,50}[a-z0-9])?$" $full) -}}
{{- fail (printf "fullnameOverride: expected a name of at most 52 characters in place of %s" $full) -}}
{{- end -}}
{{- $full -}}
{{- end -}}

{{- define "kubesieve.serviceName" -}}
{{- $service := default (include "kubesieve.fullname" .) .Values.service.name -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$" $service) -}}
{{- fail (printf "service.name: expected a letter, then letters, digits and dashes, at most 63, in place of %s" $service) -}}
{{- end -}}
{{- $service -}}
{{- end -}}

{{- define "kubesieve.servicePort" -}}
{{- $facts := include "kubesieve.facts" . | fromYaml -}}
{{- .Values.service.port | default ($facts.dropIn | ternary 443 $facts.port) | int64 -}}
{{- end -}}

{{- define "kubesieve.serviceAccountName" -}}
{{- default (include "kubesieve.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "kubesieve.tlsSecretName" -}}
{{- default (printf "%s-tls" (include "kubesieve.fullname" .)) .Values.tls.secretName -}}
{{- end -}}

{{- define "kubesieve.priorityClassName" -}}
{{- $own := .Values.priorityClass.create | ternary (include "kubesieve.fullname" .) "" -}}
{{- default $own .Values.priorityClassName -}}
{{- end -}}

{{- define "kubesieve.selector" -}}
app.kubernetes.io/name: {{ include "kubesieve.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What picks this mode's pods and none of another's. */}}
{{- define "kubesieve.podSelector" -}}
{{ include "kubesieve.selector" . }}
app.kubernetes.io/component: {{ kebabcase .Values.mode | quote }}
{{- end -}}

{{- define "kubesieve.labels" -}}
{{ include "kubesieve.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end -}}

{{- define "kubesieve.metadata" -}}
name: {{ include "kubesieve.fullname" . | quote }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "kubesieve.labels" . | nindent 2 }}
{{- end -}}
