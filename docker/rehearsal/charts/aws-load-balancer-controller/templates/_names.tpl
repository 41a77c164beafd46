{{- define "lbc.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}{{ else if contains "aws-load-balancer-controller" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-aws-load-balancer-controller{{ end }}
{{- end }}
{{- define "lbc.account" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "lbc.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}
{{- define "lbc.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default "aws-load-balancer-controller" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "lbc.labels" -}}
{{ include "lbc.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}
