// The page: reads the forms, talks to the worker, shows what it reports. All work happens in the worker.

import type { Report, Request, SessionSummary } from "./old-protocol.ts";
import { consoleTools } from "./page/console-tools.ts";
import { Controls, type State } from "./page/controls.ts";
import { element } from "./page/element.ts";
import { RunView } from "./page/run-view.ts";
import { saveFile } from "./page/save-file.ts";
import { StudioWorker } from "./page/studio-worker.ts";

const controls = new Controls();
const run = new RunView();
const worker = new StudioWorker(receive);
const prompt = element("prompt", HTMLTextAreaElement);
const answers = [element("base-answer"), element("adapted-answer")] as const;
const failure = element("failure");
let hasAdapter = false;
let isSaved = false;

function show(state: State): void {
  controls.show(state, { hasAdapter });
}

function receive(report: Report): void {
  switch (report.type) {
    case "ready":
      element("engine").textContent = describe(report);
      prompt.value = report.prompt;
      show("idle");
      return;
    case "planned":
      run.showPlan(report);
      return;
    case "step":
      run.showStep(report);
      return;
    case "validated":
      run.showValidation(report);
      return;
    case "trained":
      if (report.steps > 0) {
        hasAdapter = true;
        isSaved = false;
        element("adapted-answer").textContent = "–";
      }
      run.end(report);
      show(hasAdapter ? "trained" : "idle");
      return;
    case "answered":
      element(`${report.side}-answer`).textContent = report.text === "" ? "(nothing: it ended at once)" : report.text;
      if (report.isLast) show(hasAdapter ? "trained" : "idle");
      return;
    case "adapter":
      saveFile("lowrank-adapter.zip", report.zip);
      isSaved = true;
      element("download-note").textContent = `Saved ${(report.zip.byteLength / 1024).toFixed(0)} kB.`;
      return;
    case "failed":
      showFailure(report);
      return;
  }
}

/** "4.1 M parameters on wasm"; where only the slowest engine runs, also why. */
function describe({ parameters, engine, passedOver }: SessionSummary): string {
  const what = `${(parameters / 1e6).toFixed(1)} M parameters on ${engine}`;
  return engine === "cpu" ? `${what}, which is slow. ${passedOver.join("; ")}.` : what;
}

function showFailure({ during, message }: { readonly during: Request["type"]; readonly message: string }): void {
  const isBroken = during === "load";
  const isKept = during === "train" && hasAdapter;
  failure.textContent = message;
  if (isBroken) failure.append("\nReload the page to try again.");
  if (isKept) failure.append("\nThe adapter of the run before is still here.");
  failure.hidden = false;
  for (const answer of answers) if (answer.textContent === "…") answer.textContent = "–";
  if (isBroken) element("engine").textContent = "The model did not load.";
  if (isBroken) show("broken");
  else show(hasAdapter ? "trained" : "idle");
  failure.scrollIntoView({ block: "nearest" });
}

element("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = (id: string) => element(id, HTMLInputElement).valueAsNumber;
  const settings = {
    rank: number("rank"),
    steps: number("steps"),
    learningRate: number("learning-rate"),
    seed: number("seed"),
  };
  failure.hidden = true;
  run.begin(settings.steps);
  element("download-note").textContent = "";
  show("training");
  worker.ask({ type: "train", settings });
});
element("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  failure.hidden = true;
  show("answering");
  answers[0].textContent = "…";
  if (hasAdapter) answers[1].textContent = "…";
  worker.ask({ type: "answer", prompt: prompt.value });
});
prompt.addEventListener("input", () => {
  const isBlank = prompt.value.trim() === "";
  prompt.setCustomValidity(isBlank ? "Write some facts, such as name[Aromi], food[Chinese]." : "");
});
element("stop").addEventListener("click", () => {
  controls.showStopping();
  run.showStopping();
  worker.ask({ type: "stop" });
});
element("download").addEventListener("click", () => worker.ask({ type: "download" }));
/** A run and its adapter live in this tab alone. */
addEventListener("beforeunload", (event) => {
  if (document.body.dataset.state === "training" || (hasAdapter && !isSaved)) event.preventDefault();
});

Object.assign(globalThis, { studio: consoleTools(worker) });
show("loading");
worker.ask({ type: "load", base: document.baseURI });
