// Numbers of things in sentences, for messages of every folder: "1 row", "2 rows".

/** `shown` is the number as it is written. */
export function counted(count: number, noun: string, shown: string = String(count)): string {
  return `${shown} ${noun}${count === 1 ? "" : "s"}`;
}
