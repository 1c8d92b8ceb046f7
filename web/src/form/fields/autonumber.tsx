import type { FieldKind } from './kind'
import { TextInput } from './text-input'

/** A number the server gives at the first save; people write it in imports only. */
export const autonumber: FieldKind = { Editor: TextInput, text: String }
