// HTML as a tagged template: whatever is put in is escaped, unless it was made by this tag itself. A page cannot forget it.

/** Markup that may be put into markup as it is. */
export interface Markup {
  readonly markup: string
}

type Piece = Markup | string | number | null | undefined | readonly Piece[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
export const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)

const textOf = (piece: Piece): string => {
  if (piece === null || piece === undefined) return ''
  if (typeof piece === 'string' || typeof piece === 'number') return escape(String(piece))
  return 'markup' in piece ? piece.markup : piece.map(textOf).join('')
}

/** `null` and `undefined` come to nothing, a list to its members. */
export const html = (texts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup => ({
  markup: texts.map((text, i) => text + textOf(pieces[i])).join(''),
})
