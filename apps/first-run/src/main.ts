// npm start: a real fine-tune, from a pretrained model to a verified merge.

import { inspect } from "node:util";
import { LowrankError } from "@lowrank/contracts";
import { type RunSettings, readArguments } from "./arguments.ts";
import {
  checkMerge,
  measureAdapter,
  measureBase,
  openData,
  openModel,
  planAdapter,
  saveAdapter,
  trainAdapter,
} from "./chapters.ts";
import { nextSteps } from "./next-steps.ts";
import { createScreen, formatSeconds, type Screen } from "./show.ts";

async function firstRun(settings: RunSettings, screen: Screen) {
  const begin = performance.now();

  const base = await openModel(settings, screen);
  const lessons = await openData(settings.seed, screen);
  planAdapter(base, screen);
  const before = await measureBase(base, lessons.validation, screen);
  const adapter = await trainAdapter(base, lessons, { settings, screen });
  const after = await measureAdapter(base, lessons, { adapter, before, screen });
  const { out, validationFile } = await saveAdapter(adapter, lessons, screen);
  const largestDifference = await checkMerge(base, adapter, screen);

  base.model.dispose();
  const seconds = (performance.now() - begin) / 1000;
  screen.heading(`Done in ${formatSeconds(seconds)}. Next`);
  for (const { purpose, command } of nextSteps({ model: base.path, out, validationFile })) {
    screen.line(`${purpose}:\n  ${command}`);
  }
  const { steps, seed } = settings;
  const lossRatio = after.loss / before.loss;
  return { engine: base.engine, steps, seed, seconds, out, before, after, lossRatio, largestDifference };
}

// The reader is gone, as in `npm start | head`, or writing failed: the program only prints, so it ends.
process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== "EPIPE") process.stderr.write(`error: Cannot write to stdout: ${message}\n`);
  process.exit(code === "EPIPE" ? 141 : 1);
});
process.stderr.on("error", () => undefined); // warnings may be lost

const settings = readArguments(process.argv.slice(2));
if ("print" in settings) {
  (settings.code === 0 ? process.stdout : process.stderr).write(settings.print);
  process.exitCode = settings.code;
} else {
  try {
    const screen = createScreen(settings.json ? process.stderr : process.stdout, process.stderr);
    const result = await firstRun(settings, screen);
    if (settings.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  } catch (error) {
    const isForeseen = LowrankError.isInstance(error) && !process.env.LOWRANK_DEBUG;
    process.stderr.write(`error: ${isForeseen ? error.message : inspect(error)}\n`);
    process.exitCode = 1;
  }
}
