// A terminal's screen for tests: what stands where after everything was written to it.

/** Stands for the sequence that clears a line's end, so that it is one character like the others. */
const clearing = "\u0015";

/** Understands what our output uses: line breaks, the return to a line's beginning, and clearing a line's end. */
export function screenOf(written: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let column = 0;
  const breakLine = () => {
    lines.push(line);
    line = "";
    column = 0;
  };
  for (const character of written.replaceAll("\u001b[K", clearing)) {
    if (character === "\n") breakLine();
    else if (character === "\r") column = 0;
    else if (character === clearing) line = line.slice(0, column);
    else {
      if (column === columns) breakLine();
      line = line.slice(0, column) + character + line.slice(column + 1);
      column += 1;
    }
  }
  return [...lines, line];
}
