{{- define "cds.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}-sarcoma-cds
{{- end -}}

{{- define "cds.selector" -}}
app.kubernetes.io/name: sarcoma-pathway-cds
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "cds.labels" -}}
{{ include "cds.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "cds.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What every pod has: nobody in particular, no rights, a read-only file system. */}}
{{- define "cds.pod" -}}
automountServiceAccountToken: false
# variables that Kubernetes would make up from the names of Services could be taken for settings
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "cds.container" -}}
image: {{ include "cds.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "cds.storeUrl" -}}
- name: CDS_SERVICE_STORE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.store.secretName }}
      key: {{ .Values.store.secretKey }}
{{- end -}}

{{/* A command on the store, as the one container of a pod that ends. */}}
{{- define "cds.storeCommand" -}}
{{ include "cds.pod" .root }}
restartPolicy: Never
containers:
  - name: {{ .command }}
    {{- include "cds.container" .root | nindent 4 }}
    args: [store, {{ .command }}]
    env:
      {{- include "cds.storeUrl" .root | nindent 6 }}
      {{- include "cds.settings" .root | nindent 6 }}
    resources:
      requests: {cpu: 100m, memory: 256Mi}
      limits: {memory: 512Mi}
    volumeMounts:
      - {name: temporary, mountPath: /tmp}
volumes:
  - name: temporary
    emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end -}}

{{- define "cds.settings" -}}
{{- range $name, $value := .Values.settings }}
- name: CDS_SERVICE_{{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
