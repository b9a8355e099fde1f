// The model, its memory, and the engine. Files can be dropped anywhere on the bar.

import "./top-bar.css";
import type { ComponentChildren } from "preact";
import type { EngineName, ModelSource } from "../../protocol/model.ts";
import { Choice } from "../page/choice.tsx";
import { FileButton } from "../page/file-button.tsx";
import { useStudio } from "../page/use-studio.ts";
import { useDrop } from "./dropped-files.ts";

export function TopBar() {
  const { model, text } = useStudio();
  const { isOver, handlers } = useDrop((files) => void model.choose({ kind: "files", files }));
  return (
    <section
      class={`card wide top-bar ${isOver ? "is-over" : ""}`}
      id="model"
      aria-labelledby="model-title"
      {...handlers}
    >
      <h2 id="model-title" class="unseen">
        {text.value.model.heading}
      </h2>
      <div class="top-bar-state">
        <LoadingState />
      </div>
      <Candidate />
      <ModelFailure />
      <details class="change">
        <summary>{text.value.model.change}</summary>
        <ModelChoice />
        <EngineSelect />
      </details>
    </section>
  );
}

function Candidate() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: candidate } = model.candidate;
  if (candidate === undefined || candidate.source.kind === "tiny" || model.busy.value === "loading") return null;
  if (model.failure.value?.at === "model") return null; // which offers to try again
  const { name, parameters, bytes, trainingBytes } = candidate.estimate;
  return (
    <div class="candidate">
      <p>
        <strong>{name}</strong>{" "}
        <span class="figure">
          {[words.parameters(parameters), words.toDownload(bytes), words.memory(trainingBytes)].join(" · ")}
        </span>
      </p>
      <div class="row">
        <button type="button" class="main" onClick={() => void model.load()}>
          {words.load}
        </button>
        <button type="button" onClick={() => model.leave()}>
          {words.notNow}
        </button>
      </div>
    </div>
  );
}

const names: readonly EngineName[] = ["webgpu", "wasm", "cpu"];

/** The service worker came after the page, which it isolates from the next visit on. tfjs takes half the cores at most. */
function couldHaveThreads(): boolean {
  const { serviceWorker, hardwareConcurrency } = navigator;
  return !crossOriginIsolated && serviceWorker?.controller != null && hardwareConcurrency >= 4;
}

function EngineSelect() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: engine } = model.engine;
  if (engine === undefined) return null;
  const reasons = engine.skipped.map(({ name, reason }) => words.notUsed(name, reason));
  if (engine.name === "wasm" && engine.threads === 1) reasons.push(words.oneThread);
  return (
    <div class="engine">
      <Choice
        label={words.engine}
        value={engine.name}
        options={names.map((name) => [name, words.engineNames[name]])}
        isDisabled={model.busy.value !== undefined}
        onChange={(name) => void model.changeEngine(name)}
      />
      {engine.name === "wasm" && <span class="quiet figure">{words.threads(engine.threads)}</span>}
      <details>
        <summary>{words.why}</summary>
        <ul class="quiet">
          {(reasons.length > 0 ? reasons : [words.bestUsed]).map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {couldHaveThreads() && (
          <button type="button" class="plain" onClick={() => location.reload()}>
            {words.moreThreads}
          </button>
        )}
      </details>
    </div>
  );
}

function LoadingState() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const busy = model.busy.value;
  const facts = model.facts.value;
  if (busy !== undefined) return <Progress />;
  if (facts === undefined) return null;
  return <p role="status">{words.ready(facts.name)}</p>;
}

function Progress() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const busy = model.busy.value ?? "loading";
  const progress = model.progress.value;
  const share = progress === undefined || progress.total === 0 ? undefined : progress.done / progress.total;
  const amount =
    progress === undefined || share === undefined
      ? ""
      : progress.stage === "download"
        ? words.downloaded(progress.done, progress.total)
        : words.loaded(share);
  return (
    <div class="loading">
      <p role="status">{words[busy]}</p>
      <progress aria-label={words[busy]} max={1} {...(share === undefined ? {} : { value: share })} />
      <span class="quiet figure">{amount}</span>
      {model.isSlow.value && (
        <p class="problem" role="alert">
          {words.slow}{" "}
          <button type="button" onClick={() => location.reload()}>
            {words.retry}
          </button>
        </p>
      )}
    </div>
  );
}

function ModelChoice() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const shown = model.wanted.value ?? model.source.value?.kind ?? "tiny";
  const isBusy = model.busy.value !== undefined;
  const option = (kind: ModelSource["kind"], name: string, note: string, children?: ComponentChildren) => (
    <div class={`model-option ${shown === kind ? "is-chosen" : ""}`}>
      <label>
        <input
          type="radio"
          name="model"
          checked={shown === kind}
          disabled={isBusy}
          onChange={() => {
            if (kind === "files") model.wantFiles();
            else void model.choose({ kind });
          }}
        />
        <strong>{name}</strong>
        <span class="quiet">{note}</span>
      </label>
      {children}
    </div>
  );
  const isOwn = model.source.value?.kind === "files";
  return (
    <fieldset class="model-options">
      <legend class="unseen">{words.models}</legend>
      {option("tiny", words.tiny, words.tinyNote)}
      {option("smollm2", words.smollm2, words.smollm2Note)}
      {option(
        "files",
        isOwn ? (model.facts.value?.name ?? words.own) : words.own,
        words.ownNote,
        shown === "files" ? <FileButtons /> : undefined,
      )}
    </fieldset>
  );
}

function FileButtons() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const take = (files: readonly File[]) => void model.choose({ kind: "files", files });
  return (
    <div class="model-files">
      <div class="row">
        <FileButton label={words.chooseFiles} field={{ multiple: true, "data-testid": "model-files" }} take={take} />
        <FileButton label={words.chooseFolder} field={{ multiple: true, webkitdirectory: true }} take={take} />
      </div>
      <p class="quiet">{words.ownFormats}</p>
    </div>
  );
}

function ModelFailure() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: failure } = model.failure;
  if (failure === undefined) return null;
  const { value: engine } = model.engine;
  const isEngine = failure.at === "engine" && failure.code !== "DEVICE_LOST" && engine !== undefined;
  return (
    <div class="problem model-failure" role="alert">
      <p>
        {isEngine && `${words.engineFailed(words.engineNames[engine.name])} `}
        {words.failures[failure.code ?? ""] ?? failure.message}
      </p>
      <div class="row">
        <button type="button" onClick={() => void model.retry()}>
          {words.retry}
        </button>
        {model.facts.value !== undefined && (
          <button type="button" class="plain" onClick={() => model.leave()}>
            {words.notNow}
          </button>
        )}
      </div>
    </div>
  );
}
