{{/*
What follows from the values, as YAML: read it with fromYaml. Fails where values contradict each other.
  daemon: a DaemonSet; forward: callers' tokens are shown to the kubelet; selects: labels of namespaces are asked for;
  token: our own account is used at all; kubeletCA: there is a caFile
*/}}
{{- define "kubesieve.facts" -}}
{{- $v := .Values -}}
{{- $dropIn := eq $v.mode "dropIn" -}}
{{- $ca := $v.kubelet.ca -}}
{{- $gateway := eq $v.mode "gateway" -}}
{{- $identity := $v.config.identity | default dict -}}
{{- $grants := $v.config.grants | default (dict "rbac" dict) -}}
{{- $forward := or $dropIn (dig "forward" false $identity) -}}
{{- $selects := false -}}
{{- range $grants.tenants | default list -}}
{{- if hasKey . "namespaceSelector" -}}{{- $selects = true -}}{{- end -}}
{{- end -}}
{{- $logs := dig "containerLogs" "enabled" false $v.config -}}
{{- $rbac := and (not $dropIn) (hasKey $grants "rbac") -}}
{{- $token := and (not $dropIn) (or $gateway (not $forward) $selects) -}}
{{- include "kubesieve.refuse" (dict "Values" $v "forward" $forward "logs" $logs) -}}
daemon: {{ or (eq $v.mode "daemonset") (and $dropIn (eq $v.dropIn.kind "DaemonSet")) }}
dropIn: {{ $dropIn }}
gateway: {{ $gateway }}
forward: {{ $forward }}
selects: {{ $selects }}
rbac: {{ $rbac }}
tokenReview: {{ and (not $dropIn) (or (not $identity) (hasKey $identity "tokenReview")) }}
token: {{ $token }}
port: {{ or $dropIn (not $v.tls.enabled) | ternary 8080 8443 }}
clientCA: {{ and $v.tls.enabled (or $v.tls.clientCA.configMap $v.tls.clientCA.secret | not | not) }}
kubeletCA: {{ and (not $v.kubelet.insecure) (or $ca.configMap $ca.secret (not $token) | not | not) }}
dns: {{ include "kubesieve.asksNames" . }}
{{- end -}}

{{- define "kubesieve.refuse" -}}
{{- $v := .Values -}}
{{- if and (eq $v.mode "dropIn") (or $v.config $v.env) -}}
{{- fail "config, env: dropIn takes neither; it has dropIn.namespaces, or choose mode daemonset" -}}
{{- end -}}
{{- if and (eq $v.mode "dropIn") (not $v.dropIn.namespaces) -}}
{{- fail "dropIn.namespaces: expected at least one namespace that callers may see" -}}
{{- end -}}
{{- $moves := and (eq $v.dropIn.kind "Deployment") (not $v.dropIn.kubeletHost) (gt (int $v.replicas) 1) -}}
{{- if and (eq $v.mode "dropIn") $moves -}}
{{- fail "dropIn.kind: a Deployment's pods would tell of several nodes; expected dropIn.kubeletHost or replicas: 1" -}}
{{- end -}}
{{- if and .forward (ne $v.mode "dropIn") (not $v.config.grants) -}}
{{- fail "config.grants: with identity.forward expected one tenant" -}}
{{- end -}}
{{- if and .forward $v.legacyKubelet -}}
{{- fail "legacyKubelet: the callers' tokens are shown to the kubelet here, and it is they that need nodes/proxy" -}}
{{- end -}}
{{- if and .logs (not $v.legacyKubelet) (not .forward) -}}
{{- fail "config.containerLogs.enabled: it takes nodes/proxy, which opens exec, too; legacyKubelet: true gives it" -}}
{{- end -}}
{{- if and (eq $v.mode "gateway") $v.kubelet.serverName -}}
{{- fail "kubelet.serverName: not with gateway; kubelet.nodes.serverName is Address or NodeName" -}}
{{- end -}}
{{- if and $v.kubelet.nodes (ne $v.mode "gateway") -}}
{{- fail "kubelet.nodes: only with mode gateway" -}}
{{- end -}}
{{- if and $v.kubelet.insecure (or $v.kubelet.ca.configMap $v.kubelet.ca.secret) -}}
{{- fail "kubelet.insecure: not with kubelet.ca" -}}
{{- end -}}
{{- if and $v.kubelet.ca.configMap $v.kubelet.ca.secret -}}
{{- fail "kubelet.ca: expected a configMap or a secret; got both" -}}
{{- end -}}
{{- if and $v.tls.clientCA.configMap $v.tls.clientCA.secret -}}
{{- fail "tls.clientCA: expected a configMap or a secret; got both" -}}
{{- end -}}
{{- $clientCA := and $v.tls.enabled (or $v.tls.clientCA.configMap $v.tls.clientCA.secret) -}}
{{- if and (dig "identity" "clientCertificates" false $v.config) (not $clientCA) -}}
{{- fail "config.identity.clientCertificates: expected tls.enabled and tls.clientCA" -}}
{{- end -}}
{{- if and $v.tls.certManager.enabled (not $v.tls.enabled) -}}
{{- fail "tls.certManager.enabled: not with tls.enabled: false" -}}
{{- end -}}
{{- if and $v.tls.certManager.enabled (not $v.tls.certManager.issuerRef.name) -}}
{{- fail "tls.certManager.issuerRef.name: expected the issuer's name" -}}
{{- end -}}
{{- if and $v.priorityClass.create (hasPrefix "system-" $v.priorityClassName) -}}
{{- fail "priorityClass.create: not with a class of Kubernetes' own" -}}
{{- end -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas: expected at most maxReplicas" -}}
{{- end -}}
{{- $asked := or (dig "requests" "cpu" "" $v.resources) (dig "limits" "cpu" "" $v.resources) -}}
{{- if and (eq $v.mode "gateway") $v.autoscaling.enabled $v.resources (not $asked) -}}
{{- fail "resources.requests.cpu: autoscaling counts in shares of it; expected one, or autoscaling.enabled: false" -}}
{{- end -}}
{{- $names := dict -}}
{{- range $v.env -}}
{{- if hasKey $names .name -}}{{- fail (printf "env: expected each name once; got %s twice" .name) -}}{{- end -}}
{{- $_ := set $names .name true -}}
{{- end -}}
{{- if ge (include "kubesieve.stopSeconds" . | float64) (float64 $v.terminationGracePeriodSeconds) -}}
{{- fail "terminationGracePeriodSeconds: expected more than config.limits.stopSeconds (10 where it is not given)" -}}
{{- end -}}
{{- end -}}

{{/* Seconds of config.limits.stopSeconds: a number, or a text like 10s. 0 where it is from the environment. */}}
{{- define "kubesieve.stopSeconds" -}}
{{- $stop := dig "limits" "stopSeconds" 10 .Values.config | toString -}}
{{- $number := regexFind "^[0-9.]+(e[-+]?[0-9]+)?" $stop | default "0" | float64 -}}
{{- $unit := regexFind "(ms|s|m)$" $stop | default "s" -}}
{{- mulf $number (get (dict "ms" 0.001 "s" 1.0 "m" 60.0) $unit) -}}
{{- end -}}

{{/* Whether names of hosts are asked for: the API server is known by its address, kubelets mostly. */}}
{{- define "kubesieve.asksNames" -}}
{{- $v := .Values -}}
{{- $names := false -}}
{{- range dig "nodes" "addressTypes" list $v.kubelet -}}
{{- if not (has . (list "InternalIP" "ExternalIP")) -}}{{- $names = true -}}{{- end -}}
{{- end -}}
{{- $isAddress := regexMatch "^[0-9.]*$|:" $v.dropIn.kubeletHost -}}
{{- if and (eq $v.mode "dropIn") (not $isAddress) -}}{{- $names = true -}}{{- end -}}
{{- eq (toString $v.networkPolicy.dns) "auto" | ternary $names (eq (toString $v.networkPolicy.dns) "true") -}}
{{- end -}}
