import type { Field } from '@/api/bundle'
import type { FieldType } from '@/api/definitions.gen'
import type { Wire } from '@/api/wire'
import { attachment } from './attachment'
import { autonumber } from './autonumber'
import { bankCard } from './bank-card'
import { boolean } from './boolean'
import { creditCode } from './credit-code'
import { date } from './date'
import { datetime } from './datetime'
import { decimal } from './decimal'
import { department } from './department'
import { idCard } from './id-card'
import { image } from './image'
import { integer } from './integer'
import type { FieldKind, Showing } from './kind'
import { longtext } from './longtext'
import { money } from './money'
import { month } from './month'
import { multiselect } from './multiselect'
import { percent } from './percent'
import { phone } from './phone'
import { reference } from './reference'
import { references } from './references'
import { select } from './select'
import { signature } from './signature'
import { table } from './table'
import { text } from './text'
import { user } from './user'
import { users } from './users'

/** The field types; a new type is a file of its own and a line here. */
const kinds: Record<FieldType, FieldKind> = {
  text,
  longtext,
  integer,
  decimal,
  percent,
  money,
  boolean,
  date,
  datetime,
  month,
  select,
  multiselect,
  user,
  users,
  department,
  reference,
  references,
  table,
  autonumber,
  attachment,
  image,
  signature,
  phone,
  id_card: idCard,
  credit_code: creditCode,
  bank_card: bankCard,
}

/** The kind of a field; a type this page does not know is shown as text. */
export function kindOf(field: Field): FieldKind {
  return kinds[field['x-type']] ?? text
}

/** A value as one line of text; a dash where there is none. */
export function shownValue(value: Wire | undefined, showing: Showing): string {
  if (value === undefined || value === null || value === '') return '–'
  return kindOf(showing.field).text(value, showing)
}
