// The printed output: headings, facts, sentences, a progress bar.

import type { StepEvent } from "@lowrank/trainer";
import cliProgress from "cli-progress";
import pc from "picocolors";

/** Prints the story. */
export interface Screen {
  heading(text: string): void;
  line(text?: string): void;
  quote(label: string, text: string): void;
  /** A warning, on its own stream. */
  warn(text: string): void;
  /** A progress bar, or a line every ten steps without a terminal. */
  progress(steps: number): { step(event: StepEvent): void; stop(): void };
}

const width = 96;

/** A screen on a stream: stdout, or stderr when stdout is for machines. Warnings go to `warnings`. */
export function createScreen(stream: NodeJS.WriteStream, warnings: NodeJS.WritableStream): Screen {
  const line = (text = "") => void stream.write(`${text}\n`);
  return {
    heading: (text) => line(`\n${pc.bold(pc.cyan(text))}`),
    line: (text = "") => line(text === "" ? "" : indent(text)),
    quote: (label, text) => line(`  ${pc.dim(label.padEnd(6))} ${wrap(text, width - 9).join(`\n${" ".repeat(9)}`)}`),
    warn: (text) => void warnings.write(`${pc.yellow("warning:")} ${text}\n`),
    progress: (steps) => (stream.isTTY ? bar(stream, steps) : lines(line, steps)),
  };
}

function bar(stream: NodeJS.WriteStream, steps: number) {
  const format = "  {bar} {value}/{total}  loss {loss}  {rate} tokens/s  {left} left";
  const single = new cliProgress.SingleBar({ format, stream, hideCursor: true, barsize: 28 }, cliProgress.Presets.rect);
  single.start(steps, 0, { loss: "–", rate: "–", left: "?" });
  return { step: (event: StepEvent) => single.update(event.step, columns(event)), stop: () => single.stop() };
}

function lines(print: (text: string) => void, steps: number) {
  return {
    step: (event: StepEvent) => {
      if (event.step % 10 !== 0 && event.step !== steps && event.step !== 1) return;
      const { loss, rate, left } = columns(event);
      print(`  step ${String(event.step).padStart(4)}/${steps}  loss ${loss}  ${rate} tokens/s  ${left} left`);
    },
    stop: () => {},
  };
}

function columns({ loss, tokensPerSecond, secondsLeft }: StepEvent) {
  return { loss: loss.toFixed(3), rate: (tokensPerSecond ?? 0).toFixed(0), left: formatSeconds(secondsLeft) };
}

/** 75.2 → "1 min 15 s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((row) => `  ${row}`)
    .join("\n");
}

function wrap(text: string, columns: number): string[] {
  const rows = [""];
  for (const word of text.split(/\s+/)) {
    const row = rows.at(-1) ?? "";
    if (row !== "" && row.length + 1 + word.length > columns) rows.push(word);
    else rows[rows.length - 1] = row === "" ? word : `${row} ${word}`;
  }
  return rows;
}
