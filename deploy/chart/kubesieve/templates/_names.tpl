{{- define "kubesieve.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "kubesieve.fullname" -}}
{{- $name := include "kubesieve.name" . -}}
{{- $both := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $both .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "kubesieve.serviceName" -}}
{{- default (include "kubesieve.fullname" .) .Values.service.name -}}
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
app.kubernetes.io/name: {{ include "kubesieve.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "kubesieve.labels" -}}
{{ include "kubesieve.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "kubesieve.metadata" -}}
name: {{ include "kubesieve.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "kubesieve.labels" . | nindent 2 }}
{{- end -}}
