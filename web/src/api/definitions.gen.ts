// Made by engine/def/internal/gents from the meta-schemas of definitions. Do not edit: make generate.

export type Account = {
  name: Name
  roles: Names
  title: Title
  'x-i18n'?: I18n
}

export type Action = {
  create?: {
    each?: Name
    entity: Name
    submit?: boolean
    values: Values
  }
  notify?: {
    body?: Expression
    title: Expression
    who: Who
  }
  set?: Values
  update?: {
    entity: Name
    /** What fields must still hold; otherwise nothing is written */
    expect?: Values
    record?: Expression
    values: Values
    where?: Filter
  }
  void?: {
    entity: Name
    reason: Expression
    record?: Expression
    where?: Filter
  }
  webhook?: string
  with?: Values
}

export type Aggregate = {
  avg?: Path
  count?: Path
  max?: Path
  min?: Path
  sum?: Path
}

export type AutoNumber = {
  date?: Name
  map?: Record<string, Record<string, string>>
  pattern: string
}

/** A button on records of another entity that opens this form for a new record */
export type Begin = {
  entity: Name
  /** field → field of the record the button is on, or id */
  map: Record<string, Name>
  name: Name
  title: Title
  'x-i18n'?: I18n
}

export type Branch = {
  else?: boolean
  name: Name
  nodes: Nodes
  title?: Title
  when?: Expression
  'x-i18n'?: I18n
}

export type Code = string

/** #rrggbb or a name of the design system */
export type Color = string

export type Columns = Record<string, Field>

export type Comment = 'none' | 'reject' | 'always'

/** Widgets over datasets */
export type Dashboard = {
  description?: Text
  name: Name
  params?: Fields
  title: Title
  widgets: Widget[]
  'x-i18n'?: I18n
}

/** Grouped queries, joined on equal keys */
export type Dataset = {
  columns: Record<string, DatasetColumn>
  description?: Text
  /** May show what is made from fields the reader cannot read */
  discloses?: boolean
  drill?: Drill
  having?: Filter
  join?: 'full' | 'left'
  name: Name
  order?: Sort[]
  params?: Fields
  show?: Names
  sources: DatasetSource[]
  title: Title
  totals?: Names
  window?: Record<string, DatasetWindow>
  'x-i18n'?: I18n
}

export type DatasetColumn = {
  title: Title
  value: Expression
  'x-fixed'?: boolean
  'x-i18n'?: I18n
  'x-scale'?: number
  'x-type':
    | 'integer'
    | 'decimal'
    | 'percent'
    | 'money'
    | 'boolean'
    | 'text'
    | 'date'
    | 'datetime'
    | 'month'
}

/** A grouped query, or a registered function */
export type DatasetSource = {
  as: Name
  by?: Record<string, GroupKey>
  call?: Name
  entity?: Name
  measures?: Record<string, Measure>
  unwind?: Name
  where?: Filter
  with?: Record<string, FilterValue>
}

/** A sum that grows from row to row */
export type DatasetWindow = {
  over?: Names
  running_sum: Name
  title?: Title
  'x-i18n'?: I18n
}

export type Decimal = string

export type Dedupe = 'none' | 'consecutive' | 'any'

/** Options shared by several fields */
export type Dictionary = {
  description?: Text
  items: DictionaryItem[]
  name: Name
  open?: boolean
  title: Title
  'x-i18n'?: I18n
}

export type DictionaryItem = {
  color?: Color
  disabled?: boolean
  name: Name
  parent?: Name
  title: Title
  'x-i18n'?: I18n
}

export type Direction = 'asc' | 'desc'

/** The records behind a row */
export type Drill = {
  entity: Name
  where: Filter
}

/** A kind of record: a JSON Schema of type object with x- keywords */
export type Entity = {
  $schema?: 'https://json-schema.org/draft/2020-12/schema'
  description?: Text
  name: Name
  properties: Fields
  required?: Names
  title: Title
  type: 'object'
  'x-approval'?: boolean
  'x-display'?: Name
  'x-extend'?: boolean
  'x-i18n'?: I18n
  'x-natural'?: Name
  'x-order'?: Names
  'x-rules'?: Rules
  'x-similar'?: Record<string, Similar>
  'x-summary'?: Path[]
  'x-tree'?: Name
  'x-unique'?: Record<string, Key>
}

/** definitions.md, Expressions */
export type Expression = string

export type Field = {
  const?: string | number | boolean
  default?: string | number | boolean | unknown[]
  description?: Text
  discloses?: boolean
  format?: 'date' | 'date-time'
  items?: Rows | OptionItems | IdItems
  maxItems?: number
  maxLength?: number
  maximum?: number
  minItems?: number
  minLength?: number
  minimum?: number
  oneOf?: Options
  pattern?: string
  readOnly?: boolean
  title?: Title
  type: 'string' | 'integer' | 'boolean' | 'array'
  'x-cleaning'?: ('nfkc' | 'upper' | 'lower' | 'no_space' | 'digits' | 'fold_brackets')[]
  'x-compute'?: Expression
  'x-default'?: Expression
  'x-dictionary'?: Name
  'x-display'?: Path
  'x-entity'?: Name
  /** Limits of uploads */
  'x-files'?: {
    maxCount?: number
    maxMB?: number
    types?: FileKind[]
    /** Time, place of use and person are drawn into a photo before it is sent */
    watermark?: boolean
  }
  'x-filter'?: Filter
  'x-fixed'?: boolean
  'x-i18n'?: I18n
  'x-index'?: boolean
  'x-lookup'?: Lookup[]
  'x-mask'?: {
    keep: number[]
  }
  'x-max'?: string
  'x-min'?: string
  'x-number'?: AutoNumber
  /** Written when the record is made; afterwards only a flow changes it */
  'x-once'?: boolean
  'x-personal'?: 'id' | 'contact' | 'finance' | 'health'
  'x-rollup'?: Rollup
  'x-scale'?: number
  'x-search'?: boolean
  'x-snapshot'?: boolean
  'x-type': FieldType
  'x-unit'?: string
}

export type FieldMap = Record<string, string>

export type FieldType =
  | 'text'
  | 'longtext'
  | 'integer'
  | 'decimal'
  | 'percent'
  | 'money'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'month'
  | 'select'
  | 'multiselect'
  | 'user'
  | 'users'
  | 'department'
  | 'reference'
  | 'references'
  | 'table'
  | 'autonumber'
  | 'attachment'
  | 'image'
  | 'signature'
  | 'phone'
  | 'id_card'
  | 'credit_code'
  | 'bank_card'

export type Fields = Record<string, Field>

/** What a file may be */
export type FileKind =
  | 'image'
  | 'pdf'
  | 'document'
  | 'sheet'
  | 'slides'
  | 'text'
  | 'archive'
  | 'drawing'

export type Fill = {
  from: FillRecords | FillDataset
  /** column → field, or column of the dataset */
  map: Record<string, Path>
  /** add: rows that are not there yet (default); replace: in place of those that are there */
  mode?: 'add' | 'replace'
  name: Name
  title: Title
  'x-i18n'?: I18n
}

export type FillDataset = {
  dataset: Name
  /** param → field of the record that is filled */
  params?: Record<string, string>
}

export type FillRecords = {
  entity: Name
  order?: Sort[]
  rows?: Name
  where?: Filter
}

export type Fills = Fill[]

/** and, or, not, or a condition of field, op and value (any: where) */
export type Filter = {
  and?: Filter[]
  field?: Path
  not?: Filter
  op?:
    | 'eq'
    | 'ne'
    | 'lt'
    | 'le'
    | 'gt'
    | 'ge'
    | 'between'
    | 'in'
    | 'contains'
    | 'starts'
    | 'any'
    | 'empty'
  optional?: boolean
  or?: Filter[]
  value?: FilterValue
  where?: Filter
}

/** A constant, a list of constants, or {var, plus} */
export type FilterValue = string | number | boolean | unknown[] | Record<string, unknown>

/** An approval or an automation: a tree of nodes */
export type Flow = {
  description?: Text
  entity?: Name
  form?: Name
  name: Name
  nodes: Nodes
  priority?: number
  scenarios?: Scenario[]
  settings?: FlowSettings
  start?: Start
  title: Title
  where?: Filter
  'x-i18n'?: I18n
}

export type FlowSettings = {
  admins?: string[]
  comment?: Comment
  dedupe?: Dedupe
  onEmpty?: OnEmpty
  onSelf?: OnSelf
  subject?: Expression
  withdraw?: 'before_first' | 'running' | 'never'
}

/** How one record is edited */
export type Form = {
  begins?: Begin[]
  description?: Text
  device?: 'any' | 'desk' | 'phone'
  entity: Name
  fill?: Fills
  layout?: 'sections' | 'tabs' | 'steps'
  name: Name
  roles?: Names
  sections: Section[]
  title: Title
  'x-i18n'?: I18n
}

export type FormColumn = {
  field: Name
  readOnly?: Expression
  required?: Expression
  total?: 'sum' | 'count' | 'avg' | 'min' | 'max'
  visible?: Expression
  /** pixels */
  width?: number
}

export type FormItem = {
  actions?: ('add' | 'delete' | 'copy' | 'paste')[]
  columns?: FormColumn[]
  field: Name
  fill?: Fills
  help?: Text
  placeholder?: string
  readOnly?: Expression
  required?: Expression
  visible?: Expression
  widget?: 'radio' | 'dropdown' | 'switch' | 'cards' | 'grid'
  width?: number
  'x-i18n'?: I18n
}

/** Actions on the records of an entity, or on a dataset or all datasets of a dashboard */
export type Grant = {
  actions: (
    | 'create'
    | 'read'
    | 'update'
    | 'delete'
    | 'submit'
    | 'act'
    | 'void'
    | 'export'
    | 'import'
    | 'print'
  )[]
  dataset?: Name
  entity?: Name
  fields?: Record<string, 'hidden' | 'masked' | 'read' | 'write'>
  where?: Filter
}

/** A path, or the day, month or year of one */
export type GroupKey =
  | Path
  | {
      day?: Path
      month?: Path
      year?: Path
    }

/** Translations by language tag */
export type I18n = Record<string, Record<string, string>>

export type IdItems = {
  type: 'string'
}

/** How a workbook becomes records of an entity */
export type Import = {
  columns: ImportColumn[]
  description?: Text
  entity: Name
  group?: Paths
  /** A line of values per record or row; or a line per row with a column for each day of a month */
  layout?: 'rows' | 'matrix'
  match?: Paths
  matrix?: ImportMatrix
  name: Name
  skip?: Labels
  title: Title
  'x-i18n'?: I18n
}

/** A column of the sheet, or a value written above the table; without a field it only helps to find the header */
export type ImportColumn = {
  field?: Path
  labels: string[]
  name: Name
  parse?: Name
  required?: boolean
}

export type ImportMatrix = {
  /** A registered grammar */
  cell: Name
  /** The date field each day column gives */
  days: Path
  /** The hours of a full day, from the record on */
  full: Path
  /** The column of the sub-table a line is about */
  name: Path
}

export type Key = {
  code?: Code
  fields: Path[]
  message?: Text
  where?: Filter
  'x-i18n'?: I18n
}

export type Labels = string[]

export type Lookup = {
  entity: Name
  name: Name
  order?: Sort[]
  rows?: Name
  take: Take
  when?: Expression
  where?: Filter
}

/** One aggregate over a path, of the rows its filter admits */
export type Measure = {
  avg?: Path
  count?: true
  count_distinct?: Path
  max?: Path
  min?: Path
  sum?: Path
  where?: Filter
}

/** Navigation */
export type Menu = {
  description?: Text
  items: MenuItem[]
  name: Name
  title: Title
  'x-i18n'?: I18n
}

export type MenuItem = {
  dashboard?: Name
  dataset?: Name
  form?: Name
  icon?: string
  items?: MenuItem[]
  name: Name
  roles?: Names
  title: Title
  view?: Name
  'x-i18n'?: I18n
}

/** Fixed after the first publish */
export type Name = string

export type Names = Name[]

export type Node = {
  allow?: ('transfer' | 'delegate' | 'addsign' | 'removesign' | 'return' | 'cc')[]
  anyReject?: 'first' | 'all'
  branches?: Branch[]
  comment?: Comment
  confirm?: 'none' | 'password'
  dedupe?: Dedupe
  do?: Action
  each?: Name
  fields?: Record<string, 'w' | 'r' | '-'>
  flow?: Name
  for?: string
  in?: FieldMap
  mode?: 'all' | 'any' | 'seq' | 'vote' | 'exclusive' | 'parallel' | 'inclusive'
  name: Name
  nestedSign?: boolean
  onEmpty?: OnEmpty
  onReject?: string
  onSelf?: OnSelf
  out?: FieldMap
  pass?: {
    count?: number
    percent?: number
  }
  resubmit?: 'restart' | 'resume'
  returnTo?: Names
  sign?: boolean
  timeout?: Timeout[]
  title?: Title
  type: 'approve' | 'handle' | 'cc' | 'branch' | 'call' | 'action' | 'wait'
  until?: Expression
  wait?: boolean
  waitAll?: boolean
  weights?: Record<string, number>
  when?: Expression
  who?: Who
  'x-i18n'?: I18n
}

export type Nodes = Node[]

export type OnEmpty = string

export type OnSelf = 'self' | 'skip' | 'leader' | 'head'

export type Option = {
  const: Name
  title: Title
  'x-color'?: Color
  'x-disabled'?: boolean
  'x-i18n'?: I18n
}

export type OptionItems = {
  oneOf?: Options
  type: 'string'
  'x-dictionary'?: Name
}

export type Options = Option[]

/** A field, a column (lines.worker), or references followed by a field */
export type Path = string

export type Paths = Path[]

/** How records, or the rows of a dataset, are laid out on paper */
export type Print = {
  blocks: PrintBlock[]
  dataset?: Name
  description?: Text
  /** Its texts may be made from fields the reader cannot read */
  discloses?: boolean
  /** A sub-table: one document for each of its rows */
  each?: Name
  entity?: Name
  name: Name
  page?: PrintPage
  title: Title
  'x-i18n'?: I18n
}

export type PrintAlign = 'left' | 'center' | 'right'

export type PrintBlock = {
  /** Fields or signatures beside each other */
  across?: number
  align?: PrintAlign
  boxes?: PrintBox[]
  columns?: PrintColumn[]
  /** The field with the photos */
  field?: Name
  items?: PrintItem[]
  matrix?: PrintMatrix
  max?: number
  /** Rows drawn at least; those without values are struck out */
  minRows?: number
  name: Name
  /** The sub-table; a print of a dataset shows the rows of that */
  rows?: Name
  text?: PrintText
  title?: Title
  type: 'title' | 'text' | 'fields' | 'table' | 'matrix' | 'signs' | 'qr' | 'photos' | 'trail'
  when?: Expression
  'x-i18n'?: I18n
}

/** A place to sign, filled in when its node was approved or its field holds something */
export type PrintBox = {
  field?: Path
  name: Name
  node?: Name
  title: Title
  when?: Expression
  'x-i18n'?: I18n
}

/** A column of a table; without field and text it is left blank to be written in */
export type PrintColumn = {
  align?: PrintAlign
  field?: Path
  name: Name
  text?: PrintText
  title?: Title
  /** Summed up below */
  total?: boolean
  /** millimetres */
  width?: number
  'x-i18n'?: I18n
}

/** A labelled value: a field, or a text made from several */
export type PrintItem = {
  field?: Path
  name: Name
  /** Places it takes beside each other */
  span?: number
  text?: PrintText
  title?: Title
  'x-i18n'?: I18n
}

/** A line of every row: what stands under the days, and their sum */
export type PrintLine = {
  field: Name
  name: Name
  title?: Title
  'x-i18n'?: I18n
}

/** A row for each value of a key, a column for each day of a month */
export type PrintMatrix = {
  /** The key with the date */
  day: Name
  lines: PrintLine[]
  /** The param with the month */
  month: Name
  row: Name
}

export type PrintPage = {
  landscape?: boolean
  /** Documents below each other on one page */
  perPage?: number
  size?: 'A3' | 'A4' | 'A5'
}

/** A text with ${expression} in it */
export type PrintText = string

/** Space separated comparisons that must all hold: >=1.0.0 <2.0.0 */
export type Range = string

/** A named set of grants */
export type Role = {
  description?: Text
  grants?: Record<string, Grant>
  inherits?: Names
  name: Name
  sets?: Record<string, Set>
  title: Title
  /** Adds sets, grants and inherited roles to a role of a needed template */
  'x-extend'?: boolean
  'x-i18n'?: I18n
}

/** Over the records of entity whose reference via names this one */
export type Rollup = {
  entity: Name
  take: Aggregate
  via: Name
  where?: Filter
}

export type Rows = {
  properties: Columns
  required?: Names
  title?: Title
  type: 'object'
  'x-order'?: Names
  'x-rules'?: Rules
}

export type Rule = {
  code?: Code
  field?: Path
  level?: 'error' | 'warning'
  message?: Text
  must: Expression
  on?: ('save' | 'submit' | 'approve' | 'void')[]
  when?: Expression
  'x-i18n'?: I18n
}

export type Rules = Record<string, Rule>

export type Sample = {
  entity: Name
  file: string
  name: Name
}

export type Scenario = {
  expect: ScenarioExpect
  name: Name
  plays?: ScenarioPlay[]
  record?: string
  title?: Title
  user: string
  values?: Record<string, unknown>
  'x-i18n'?: I18n
}

export type ScenarioExpect = {
  approvers?: Record<string, string[]>
  path?: Name[]
  signed?: Name[]
  status?: 'running' | 'returned' | 'suspended' | 'approved' | 'rejected'
}

export type ScenarioPlay = {
  comment?: Text
  do: 'approve' | 'reject' | 'return' | 'resubmit' | 'timeout' | 'stop'
  node: Name
  to?: Name
  user?: string
  values?: Record<string, unknown>
}

export type Section = {
  collapsed?: boolean
  columns?: number
  items: FormItem[]
  name: Name
  title?: Title
  visible?: Expression
  'x-i18n'?: I18n
}

export type Set = {
  entity: Name
  take?: Path
  where?: Filter
}

/** Typed constants, read as setting("<name>.<property>") */
export type Settings = {
  description?: Text
  name: Name
  properties: Record<string, Field>
  title: Title
  values?: Record<string, string | number | boolean | unknown[]>
  'x-i18n'?: I18n
}

/** A column of the dataset, or several */
export type ShownNames = Name | Name[]

/** A warning when a text of the record is much like that of another */
export type Similar = {
  code?: Code
  field: Name
  ignore?: string[]
  message?: Text
  /** Dice's coefficient of the pairs of characters; 75 if not given */
  percent?: number
  'x-i18n'?: I18n
}

export type Sort = {
  dir?: Direction
  field: Path
}

export type Start = {
  entity?: Name
  on?:
    | 'submit'
    | 'call'
    | 'button'
    | ('submit' | 'created' | 'updated' | 'approved' | 'voided' | 'deleted')[]
    | 'created'
    | 'updated'
    | 'approved'
    | 'voided'
    | 'deleted'
  roles?: Names
  schedule?: string
  webhook?: Name
  where?: Filter
}

/** A path, or one aggregate over a path */
export type Take = Path | Aggregate

/** The manifest of a shipped set of definitions */
export type Template = {
  accounts?: Account[]
  changes?: Record<string, string>
  description?: Text
  engine?: Range
  lang?: string
  name: Name
  needs?: Record<string, Range>
  sample?: Sample[]
  settings?: Name
  /** The template's own tests, see docs/templates.md */
  tests?: string[]
  title: Title
  version: string
  'x-i18n'?: I18n
}

export type Text = string

export type Timeout = {
  after: string
  do: string
}

export type Title = string

export type Values = Record<string, Expression>

/** How many records are shown */
export type View = {
  actions?: ('create' | 'import' | 'export' | 'print')[]
  columns: ViewColumn[]
  description?: Text
  entity: Name
  filters?: Paths
  form?: Name
  kind?: 'table'
  name: Name
  params?: Fields
  roles?: Names
  sort?: Sort[]
  title: Title
  where?: Filter
  'x-i18n'?: I18n
}

export type ViewColumn = {
  field: Path
  format?: string
  title?: Title
  total?: 'sum' | 'count' | 'avg' | 'min' | 'max'
  /** pixels */
  width?: number
  'x-i18n'?: I18n
}

export type Who = string[]

/** One card on a grid of 12 columns */
export type Widget = {
  dataset: Name
  dimension?: ShownNames
  h: number
  link?: WidgetLink
  measure?: ShownNames
  name: Name
  title: Title
  type: 'number' | 'table' | 'bar' | 'line' | 'pie' | 'gauge' | 'list' | 'heatmap'
  w: number
  where?: Filter
  x: number
  'x-i18n'?: I18n
  y: number
}

/** What opens from the card */
export type WidgetLink = {
  dashboard?: Name
  dataset?: Name
  view?: Name
}
