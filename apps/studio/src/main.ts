// The page: reads the form, talks to the worker, shows what it reports. All work happens in the worker.

import { element } from "./page/element.ts";
import { LossChart } from "./page/loss-chart.ts";
import { saveFile } from "./page/save-file.ts";
import type { Report, Request } from "./protocol.ts";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const chart = new LossChart(element("chart"));
const buttons = {
  train: element("train", HTMLButtonElement),
  stop: element("stop", HTMLButtonElement),
  answer: element("answer", HTMLButtonElement),
  download: element("download", HTMLButtonElement),
};

type State = "loading" | "idle" | "training" | "trained" | "answering";
let hasAdapter = false;

/** Which buttons make sense in a state. */
function show(state: State): void {
  const busy = state === "loading" || state === "training" || state === "answering";
  buttons.train.disabled = busy;
  buttons.stop.disabled = state !== "training";
  buttons.answer.disabled = busy;
  buttons.download.disabled = busy || !hasAdapter;
  document.body.dataset.state = state;
}

function ask(request: Request): void {
  worker.postMessage(request);
}

function receive(report: Report): void {
  switch (report.type) {
    case "ready":
      element("engine").textContent = `${millions(report.parameters)} parameters on ${report.engine}`;
      element("prompt", HTMLTextAreaElement).value = report.prompt;
      show("idle");
      return;
    case "planned":
      element("plan").textContent =
        `${report.sites} layers adapted: ${report.trainable.toLocaleString("en")} trainable parameters, ${(100 * report.share).toFixed(2)} % of the model.`;
      return;
    case "step":
      chart.add(report.step, report.loss);
      element("progress").textContent =
        `Step ${report.step} of ${report.steps} · loss ${report.loss.toFixed(3)} · ${Math.round(report.tokensPerSecond)} tokens/s`;
      return;
    case "validated":
      element("task").append(` Validation loss ${report.when} training: ${report.loss.toFixed(3)}.`);
      return;
    case "trained":
      hasAdapter = true;
      if (report.stopped) element("progress").append(" · stopped");
      element("adapted-answer").textContent = "–";
      show("trained");
      return;
    case "answered":
      element(`${report.side}-answer`).textContent = report.text;
      if (report.side === "adapted" || !hasAdapter) show(hasAdapter ? "trained" : "idle");
      return;
    case "adapter":
      saveFile("lowrank-adapter.zip", report.zip);
      element("download-note").textContent = `Saved ${(report.zip.byteLength / 1024).toFixed(0)} kB.`;
      return;
    case "logits":
      waitingForLogits.shift()?.(report.values);
      return;
    case "failed":
      element("failure").textContent = report.message;
      element("failure").hidden = false;
      show(hasAdapter ? "trained" : "idle");
      return;
  }
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}

function number(id: string): number {
  return element(id, HTMLInputElement).valueAsNumber;
}

element("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  element("failure").hidden = true;
  chart.clear();
  show("training");
  const settings = {
    rank: number("rank"),
    steps: number("steps"),
    learningRate: number("learning-rate"),
    seed: number("seed"),
  };
  ask({ type: "train", settings });
});
element("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  show("answering");
  element("base-answer").textContent = "…";
  if (hasAdapter) element("adapted-answer").textContent = "…";
  ask({ type: "answer", prompt: element("prompt", HTMLTextAreaElement).value });
});
buttons.stop.addEventListener("click", () => ask({ type: "stop" }));
buttons.download.addEventListener("click", () => ask({ type: "download" }));

/** For tests and the curious: `await studio.logits([1, 2, 3])` in the console gives what this tab computes. */
const waitingForLogits: ((values: Float32Array) => void)[] = [];
Object.assign(globalThis, {
  studio: {
    logits: (inputIds: readonly number[]) =>
      new Promise<Float32Array>((resolve) => {
        waitingForLogits.push(resolve);
        ask({ type: "logits", inputIds });
      }),
  },
});

worker.addEventListener("message", (event: MessageEvent<Report>) => receive(event.data));
worker.addEventListener("error", (event) =>
  receive({ type: "failed", message: `The worker stopped: ${event.message}` }),
);
show("loading");
ask({ type: "load", base: document.baseURI });
