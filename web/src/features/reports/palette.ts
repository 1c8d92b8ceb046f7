/** The colours of a chart, from the theme. All stand out from white by 3:1 at least. */
export interface Palette {
  series: string[]
  text: string
  quiet: string
  line: string
  ground: string
  /** From little to much. */
  heat: [string, string]
  /** The font family of the page: a canvas inherits none. */
  font: string
}

interface Tokens {
  colorPrimary: string
  colorWarning: string
  colorError: string
  colorSuccess: string
  colorText: string
  colorTextDescription: string
  colorBorderSecondary: string
  colorBgContainer: string
  fontFamily: string
}

/** Slate blue, plum, olive, steel: beside the theme's own, told apart by lightness as well as by hue. */
const beside = ['#2f5f8f', '#7d4a8c', '#6f7b1e', '#5b7380'] as const

export function paletteOf(token: Tokens): Palette {
  const [blue, plum, olive, steel] = beside
  return {
    series: [
      token.colorPrimary,
      token.colorWarning,
      blue,
      plum,
      olive,
      token.colorError,
      steel,
      token.colorSuccess,
    ],
    text: token.colorText,
    quiet: token.colorTextDescription,
    line: token.colorBorderSecondary,
    ground: token.colorBgContainer,
    heat: ['#dcebe7', token.colorPrimary],
    font: token.fontFamily,
  }
}
