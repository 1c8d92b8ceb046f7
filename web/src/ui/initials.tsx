import './initials.css'

const tones = 6

/** The last character of a Chinese name as people address each other, else the first letters of two words. */
function shortOf(name: string): string {
  if (/[一-鿿]/.test(name)) return [...name].slice(-2).join('')
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('')
}

/** A person as a coloured disc with his initials; the colour stays the same for a name. Decorative: the name stands beside it. */
export function Initials({ name }: { name: string }) {
  const tone = [...name].reduce((total, char) => total + (char.codePointAt(0) ?? 0), 0) % tones
  return (
    <span aria-hidden="true" className={`fw-initials fw-initials-${tone}`}>
      {shortOf(name)}
    </span>
  )
}
