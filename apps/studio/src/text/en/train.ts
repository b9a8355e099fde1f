// The run.

import { duration } from "./figures.ts";

export const train = {
  title: "3 · Train",
  train: "Train",
  pause: "Pause",
  continue: "Continue",
  stop: "Stop",
  barLabel: "Training",
  needsModel: "Waiting for the model…",
  needsRows: "Write a row first: something that is said, and its answer.",
  ready: (rows: number, steps: number) => `${rows} ${rows === 1 ? "row" : "rows"}, ${steps} steps`,
  readyIn: (seconds: number) => `about ${duration(seconds)}`,
  preparing: "Looking at the base first…",
  pausing: "Pausing after this step…",
  paused: "Paused.",
  stopping: "Stopping after this step…",
  progress: (step: number, steps: number) => `Step ${step} of ${steps}`,
  left: (seconds: number) => `${duration(seconds)} left`,
  finished: (steps: number) => `Done: ${steps} steps. The adapter is on the shelf.`,
  stopped: (steps: number) =>
    steps === 0
      ? "Stopped before the first step: everything is as it was."
      : `Stopped after step ${steps}. What it learned is on the shelf.`,
  failed: "Training did not work.",
  notKept: "The browser has no room left: this run goes on, but closing the page would lose it.",
  lost: (step: number) => `It lost its way: at step ${step} the loss had become far worse than at the beginning.`,
  goBack: (step: number, rate: string) => `Go back to step ${step}, with half the rate (${rate})`,
  beginAnew: (rate: string) => `Begin anew with half the rate (${rate})`,
  giveUp: "Let it be",
  unfinished: (name: string, step: number, steps: number) =>
    `“${name}” was interrupted at step ${step} of ${steps}. Nothing of it is lost.`,
  resume: (step: number) => `Continue at step ${step}`,
  otherModel: (model: string) => `It learned on ${model}: open that model to continue.`,
  forget: "Discard it",
  loss: "Loss – how surprised it is by the right answers",
  noCurve: "Here the loss falls while it learns.",
  chartMissing: "The chart could not be loaded. The losses are in the CSV.",
  trainingLine: "Training, smoothed",
  validationLine: "Held-out rows",
  baseLine: "The base on held-out rows",
  earlierLine: "Earlier runs",
  log: "Logarithmic",
  savePng: "Picture",
  saveCsv: "CSV",
  chartLabel: (first: string, last: string, step: number) =>
    `Loss by step: ${first} at the beginning, ${last} at step ${step}.`,
  hovered: (step: number, loss: string) => `Step ${step}: ${loss}`,
  film: "The same question, again and again",
  asked: "Asked",
  base: "Base",
  frame: (step: number) => `Step ${step}`,
  nothingSaid: "(nothing)",
  said: {
    started: "Training has started.",
    share: (percent: number, loss: string) => `${percent} percent done, loss ${loss}.`,
    paused: "Training is paused.",
  },
  defaultName: "My adapter",
};
