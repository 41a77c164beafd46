{{- define "crd.annotations" -}}
{{- with .Values.additionalAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}
{{- define "crd.conditions" -}}
type: array
items:
  type: object
  required: [type, status, lastTransitionTime]
  properties:
    type: { type: string, maxLength: 316 }
    status: { type: string, enum: ["True", "False", Unknown] }
    reason: { type: string, maxLength: 1024 }
    message: { type: string, maxLength: 32768 }
    lastTransitionTime: { type: string, format: date-time }
    observedGeneration: { type: integer, format: int64, minimum: 0 }
{{- end }}
{{- define "crd.quantities" -}}
type: object
additionalProperties:
  anyOf: [{ type: integer }, { type: string }]
  x-kubernetes-int-or-string: true
  pattern: '^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$'
{{- end }}
{{- define "crd.taints" -}}
type: array
items:
  type: object
  required: [key, effect]
  properties:
    key: { type: string, minLength: 1 }
    value: { type: string }
    effect: { type: string, enum: [NoSchedule, PreferNoSchedule, NoExecute] }
{{- end }}
{{- define "crd.texts" -}}
type: object
additionalProperties: { type: string }
{{- end }}
{{- define "crd.selector" -}}
type: object
maxProperties: 20
additionalProperties: { type: string, maxLength: 256 }
x-kubernetes-validations:
  - rule: "self.all(key, key != '' && self[key] != '')"
    message: "a tag has a key and a value"
{{- end }}
{{- /* What a node is made by: the same in a node pool's template and in a node claim. */ -}}
{{- define "crd.node" -}}
nodeClassRef:
  type: object
  required: [group, kind, name]
  properties:
    group: { type: string, pattern: "^[^/]+$" }
    kind: { type: string, minLength: 1 }
    name: { type: string, minLength: 1 }
  x-kubernetes-validations:
    - rule: "self.group == oldSelf.group && self.kind == oldSelf.kind"
      message: "group and kind of nodeClassRef can't be changed"
requirements:
  type: array
  maxItems: 100
  items:
    type: object
    required: [key, operator]
    properties:
      key: { type: string, minLength: 1, maxLength: 316 }
      operator: { type: string, enum: [In, NotIn, Exists, DoesNotExist, Gt, Lt] }
      values:
        type: array
        maxItems: 100
        items: { type: string, maxLength: 63 }
      minValues: { type: integer, minimum: 1, maximum: 50 }
  x-kubernetes-validations:
    - rule: "self.all(one, one.operator != 'In' || (has(one.values) && one.values.size() > 0))"
      message: "operator In needs values"
    - rule: "self.all(one, !(one.operator in ['Gt', 'Lt']) || (has(one.values) && one.values.size() == 1))"
      message: "operators Gt and Lt need one value"
    - rule: "self.all(one, !has(one.minValues) || one.operator != 'In' || (has(one.values) && one.values.size() >= one.minValues))"
      message: "minValues is more than there are values"
taints: {{- include "crd.taints" . | nindent 2 }}
startupTaints: {{- include "crd.taints" . | nindent 2 }}
expireAfter: { type: string, pattern: '^(([0-9]+(s|m|h))+|Never)$', default: 720h }
terminationGracePeriod: { type: string, pattern: '^([0-9]+(s|m|h))+$' }
{{- end }}
