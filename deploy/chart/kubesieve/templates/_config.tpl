{{/* The whole configuration of kubesieve serve, as YAML. */}}
{{- define "kubesieve.config" -}}
{{- $v := .Values -}}
{{- $facts := include "kubesieve.facts" . | fromYaml -}}
{{- $listen := dict "address" (printf ":%v" $facts.port) -}}
{{- if $v.tls.enabled -}}
{{- $tls := dict "certFile" "/etc/kubesieve/tls.crt" "keyFile" "/etc/kubesieve/tls.key" -}}
{{- if $facts.clientCA -}}{{- $_ := set $tls "clientCAFile" "/etc/kubesieve/clients.crt" -}}{{- end -}}
{{- $_ := set $listen "tls" $tls -}}
{{- end -}}
{{- $kubelet := dict -}}
{{- if $facts.gateway -}}
{{- $_ := set $kubelet "nodes" $v.kubelet.nodes -}}
{{- else -}}
{{- $host := $v.kubelet.ipv6 | ternary "[$(NODE_IP)]" "$(NODE_IP)" -}}
{{- $_ := set $kubelet "url" (printf "https://%s:%d" $host (int $v.kubelet.port)) -}}
{{- end -}}
{{- if not $facts.forward -}}
{{- $_ := set $kubelet "tokenFile" "/var/run/secrets/kubernetes.io/serviceaccount/token" -}}
{{- end -}}
{{- if $facts.kubeletCA -}}{{- $_ := set $kubelet "caFile" "/etc/kubesieve/kubelet-ca.crt" -}}{{- end -}}
{{- if $v.kubelet.insecure -}}{{- $_ := set $kubelet "insecure" true -}}{{- end -}}
{{- if $v.kubelet.serverName -}}{{- $_ := set $kubelet "serverName" $v.kubelet.serverName -}}{{- end -}}
{{- if $v.kubelet.timeout -}}{{- $_ := set $kubelet "timeout" $v.kubelet.timeout -}}{{- end -}}
{{- $filled := dict "apiVersion" "kubesieve.io/v1alpha1" "kind" "Configuration" "listen" $listen -}}
{{- $_ := set $filled "admin" (dict "address" ":9440") -}}
{{- $_ := set $filled "kubelet" $kubelet -}}
{{- if not $v.config.grants -}}{{- $_ := set $filled "grants" (dict "rbac" dict) -}}{{- end -}}
{{- $rest := deepCopy $v.config -}}
{{- if not $rest.grants -}}{{- $rest = omit $rest "grants" -}}{{- end -}}
{{- merge $filled $rest | toYaml -}}
{{- end -}}

{{/* What of it is read at the start alone (docs/tenants.md): when that changes, pods are made anew. */}}
{{- define "kubesieve.restartParts" -}}
{{- $config := include "kubesieve.config" . | fromYaml -}}
{{- $known := pick ($config.identity | default dict) "forward" "clientCertificates" -}}
{{- merge (dict "identity" $known) (omit $config "grants" "nodeSeries" "identity") | toJson -}}
{{- end -}}
