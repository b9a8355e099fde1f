// A guide as its reader follows it: the programs and commands of one page, in order, in one folder, and what each prints.

import { readFileSync } from "node:fs";

export interface GuideStep {
  readonly language: "ts" | "sh";
  /** "7", the line of the page that its first line is on. */
  readonly line: number;
  readonly code: string;
  /** The block of text right after it, which shows what it prints. */
  readonly output?: string;
}

/** Blocks of ts and sh run; those of other languages (console, json, python …) are only shown. */
export function guideSteps(path: string): readonly GuideStep[] {
  const text = readFileSync(path, "utf8");
  const steps = text.matchAll(/^```(ts|sh)\n([\s\S]*?)^```\n(?:\n(?:[^\n`]+:\n\n)?```text\n([\s\S]*?)^```$)?/gm);
  return [...steps].map(({ index, 1: language, 2: code = "", 3: output }) => ({
    language: language as "ts" | "sh",
    line: text.slice(0, index).split("\n").length + 1,
    code,
    ...(output !== undefined && { output }),
  }));
}

/**
 * The lines of a page's output that a program did not print, in this order. "…" matches anything. Numbers may differ from
 * machine to machine: percentages by 15, others without limit.
 */
export function missingLines(shown: string, printed: string): readonly string[] {
  const lines = printed.split("\n").map((line) => line.trim().replace(minutes, ""));
  let from = 0;
  return shown
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => {
      if (line === "" || line === "…") return false;
      const found = lines.findIndex((other, index) => index >= from && isAlike(line, other));
      if (found >= 0) from = found + 1;
      return found < 0;
    });
}

/** Of "1 min 9 s": a slower machine's seconds. */
const minutes = /\d+ (?:h|min) (?=\d+ (?:min|s)\b)/g;
const number = /\d+(?:[.,]\d+)*(?:e[+-]\d+)?/g;

function isAlike(shown: string, printed: string): boolean {
  const words = shown.split(number).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const pattern = words.map((part) => part.replaceAll("…", ".*")).join("(\\d+(?:[.,]\\d+)*(?:e[+-]\\d+)?)");
  const found = new RegExp(`^${pattern}$`).exec(printed);
  if (found === null) return false;
  const numbers = [...shown.matchAll(number)];
  return numbers.every(({ 0: value, index }, position) => {
    if (!/^ ?%/.test(shown.slice(index + value.length))) return true;
    return Math.abs(Number(value) - Number(found[position + 1])) <= 15;
  });
}
