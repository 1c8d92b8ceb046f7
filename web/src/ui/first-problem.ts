/** Brings the first control of a dialog that is said to be wrong into view, with the cursor in it. */
export function goToFirstProblem(): void {
  // After the problems stand in the page.
  requestAnimationFrame(() => {
    const control = document.querySelector<HTMLElement>(
      '.fw-labelled-bad :is(input, textarea, button)',
    )
    control?.focus()
  })
}
