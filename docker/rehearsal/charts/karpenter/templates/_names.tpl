{{- define "karpenter.account" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default "karpenter" }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}
{{- define "karpenter.selector" -}}
app.kubernetes.io/name: karpenter
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "karpenter.labels" -}}
{{ include "karpenter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.additionalLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- define "karpenter.gates" -}}
{{- $gates := list -}}
{{- range $gate, $on := .Values.settings.featureGates }}{{ $gates = append $gates (printf "%s=%t" (title $gate) $on) }}{{ end -}}
{{- join "," $gates }}
{{- end }}
