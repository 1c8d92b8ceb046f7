/** A cell with what ends it: in quotes (doubled inside), which may hold tabs and line ends, or plain. */
const cell = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/y

/**
 * Reads cells as a spreadsheet puts them on the clipboard: tabs between cells, lines between rows, and quotes around
 * cells that hold either.
 */
export function parseCells(text: string): string[][] {
  const rows: string[][] = [[]]
  const source = text.replace(/(\r\n|\r|\n)$/, '')
  cell.lastIndex = 0
  while (true) {
    const match = cell.exec(source)
    if (!match) return rows
    const [, quoted, plain = '', end] = match
    rows.at(-1)?.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim())
    if (end === '') return rows
    if (end !== '\t') rows.push([])
  }
}

/** Cells as a spreadsheet reads them from the clipboard. */
export function formatCells(cells: readonly (readonly string[])[]): string {
  const quote = (text: string) =>
    /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return cells.map((row) => row.map(quote).join('\t')).join('\n')
}
