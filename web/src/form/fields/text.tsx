import type { FieldKind } from './kind'
import { TextInput } from './text-input'

/** One line of text. */
export const text: FieldKind = { Editor: TextInput, text: String }
