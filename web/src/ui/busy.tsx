import { LoadingOutlined } from '@ant-design/icons'

/** For the `loading` of a button: a sign that is seen, while the button keeps its name for those who hear it. */
export function busySign(busy: boolean) {
  return busy ? { icon: <LoadingOutlined aria-hidden="true" /> } : false
}
