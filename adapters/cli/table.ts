/**
 * What commands print: tables, with instants as people read them.
 *
 * @module
 */

/** Aligns the cells of rows in columns. */
export function toTable(rows: ReadonlyArray<ReadonlyArray<string>>): string {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** An instant, for example `2026-03-25T12:00:00Z`. */
export function formatInstant(instant: number): string {
  return new Date(instant * 1000).toISOString().replace('.000Z', 'Z')
}
