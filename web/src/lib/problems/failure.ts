/** What a refusal looks like here, whoever throws it: api's ApiError has this shape. */
export interface Failure {
  code: string
  params?: Record<string, unknown>
  requestId?: string | undefined
  problems?: readonly { field: string; code: string; params?: Record<string, unknown> }[]
  /** Of definitions: what is wrong, where in which of them. */
  findings?: readonly {
    ref: string
    path: string
    code: string
    params?: Record<string, unknown>
  }[]
}

/** Whether something thrown is a refusal with a code, and not a bug of the page. */
export function isFailure(thrown: unknown): thrown is Failure & Error {
  return thrown instanceof Error && typeof (thrown as { code?: unknown }).code === 'string'
}
