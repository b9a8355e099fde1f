// The run: its controls, its result, its filmstrip, and its curve.

import "./train.css";
import { useEffect, useState } from "preact/hooks";
import type { Frame } from "../../protocol/run.ts";
import type { Studio } from "../../state/studio.ts";
import { Card } from "../page/card.tsx";
import { Problem } from "../page/problem.tsx";
import { useStudio } from "../page/use-studio.ts";
import { CurveCard } from "./curve-figure.tsx";

export function TrainCard() {
  const { run, text } = useStudio();
  const { train } = text.value;
  return (
    <Card id="train" title={train.title}>
      <UnfinishedNote />
      <TrainBar />
      <Problem>{run.failure.value && `${train.failed} ${run.failure.value}`}</Problem>
      {!run.isSaved.value && <p class="problem">{train.notSaved}</p>}
      {run.result.value?.findings?.map((finding) => (
        <p key={finding} class="problem">
          {finding}
        </p>
      ))}
      <DivergedNote />
      <Film />
      <CurveCard />
    </Card>
  );
}

function TrainBar() {
  const studio = useStudio();
  const { run, rows, model, text } = studio;
  const { train } = text.value;
  const { value: phase } = run.phase;
  const canTrain = model.isReady.value && rows.teachable.value.length > 0;
  const share = phase === "idle" || !run.last.value ? 0 : run.last.value.step / run.last.value.steps;
  const isPaused = phase === "paused" || phase === "pausing";
  const canAct = phase === "idle" ? canTrain : phase !== "preparing" && phase !== "stopping";
  const act = () => void (phase === "idle" ? run.train() : isPaused ? run.continue() : run.pause());
  return (
    <fieldset class={`train-bar ${phase === "idle" && !canTrain ? "" : "is-at-hand"}`} aria-label={train.barLabel}>
      {/* One button for all, so that the keyboard's focus stays: it would be lost with a button that goes. */}
      <button type="button" class="main" aria-disabled={!canAct} onClick={() => canAct && act()}>
        {phase === "idle" ? train.train : isPaused ? train.continue : train.pause}
      </button>
      {phase !== "idle" && (
        <button type="button" disabled={phase === "stopping"} onClick={() => void run.stop()}>
          {train.stop}
        </button>
      )}
      <span class="figure train-state">{runState(studio)}</span>
      {phase !== "idle" && (
        <progress aria-label={train.barLabel} value={share} max={1}>
          {Math.round(100 * share)} %
        </progress>
      )}
    </fieldset>
  );
}

function runState({ run, rows, model, settings, timing, text }: Studio): string {
  const { train, trying } = text.value;
  const { value: last } = run.last;
  switch (run.phase.value) {
    case "preparing":
      return train.preparing;
    case "pausing":
      return train.pausing;
    case "paused":
      return train.paused;
    case "stopping":
      return train.stopping;
    case "training":
      return last
        ? [
            train.progress(last.step, last.steps),
            train.left(last.secondsLeft),
            ...(last.tokensPerSecond > 0 ? [trying.speed(last.tokensPerSecond)] : []),
          ].join(" · ")
        : "";
    case "idle":
  }
  const { value: result } = run.result;
  if (result?.reason === "finished") return train.finished(result.steps);
  if (result?.reason === "stopped") return train.stopped(result.steps);
  if (!model.isReady.value) return train.needsModel;
  const { length } = rows.teachable.value;
  if (length === 0) return train.needsRows;
  const { steps } = settings.training.value;
  const { value: seconds } = timing.stepSeconds;
  const ready = train.ready(length, steps);
  return seconds === undefined ? ready : `${ready}, ${train.readyIn(seconds * steps)}`;
}

function DivergedNote() {
  const { run, text } = useStudio();
  const { train } = text.value;
  const { value: lost } = run.diverged;
  if (lost === undefined) return null;
  const { at, lastGood, request } = lost;
  const rate = String(Number((request.training.learningRate / 2).toPrecision(3)));
  return (
    <div class="note is-bad" role="alert">
      <p>{train.lost(at)}</p>
      <div class="row">
        <button type="button" class="main" onClick={() => void run.goBack()}>
          {lastGood === undefined ? train.beginAnew(rate) : train.goBack(lastGood, rate)}
        </button>
        <button type="button" class="plain" onClick={() => void run.forget()}>
          {train.giveUp}
        </button>
      </div>
    </div>
  );
}

/** The base's answer stays on the left; on the right is the newest, or the step that a person picks. */
function Film() {
  const { run, settings, text } = useStudio();
  const { train } = text.value;
  const [picked, setPicked] = useState<number>();
  const { value: writing } = run.writing;
  const frames = writing === undefined ? run.frames.value : [...run.frames.value, writing];
  const [base, ...later] = frames;
  useEffect(() => setPicked(undefined), [run.isBusy.value]);
  const { value: result } = run.result;
  useEffect(() => {
    const isTyping = document.activeElement?.matches("input, textarea") ?? false;
    if (result?.adapter !== undefined && !isTyping)
      document.querySelector(".film")?.scrollIntoView({ block: "center" });
  }, [result]);
  if (base === undefined) return null;
  const place = Math.min(picked ?? later.length - 1, later.length - 1);
  const frame = later[place];
  return (
    <section class="film" aria-labelledby="film-title">
      <h3 id="film-title">{train.film}</h3>
      <p class="quiet">
        {train.asked}: “{run.watched.value ?? settings.watched.value}”
      </p>
      <div class="film-sides">
        <div>
          <h4>{base.isRecorded ? train.recordedBase : train.base}</h4>
          <p>{base.text || train.noAnswer}</p>
        </div>
        <div class="is-newest">
          <h4>{train.frame(frame?.step ?? 0)}</h4>
          <p>{frame === undefined ? "" : frame.text === "" ? train.noAnswer : <NewWords {...{ base, frame }} />}</p>
        </div>
      </div>
      {later.length > 1 && (
        <input
          type="range"
          {...{ min: 0, max: later.length - 1, value: place }}
          aria-label={train.pickFrame}
          aria-valuetext={train.frame(frame?.step ?? 0)}
          onInput={({ currentTarget: { valueAsNumber } }) =>
            setPicked(valueAsNumber === later.length - 1 ? undefined : valueAsNumber)
          }
        />
      )}
    </section>
  );
}

/** Words that are not in the base's answer are marked. */
function NewWords({ base, frame }: { readonly base: Frame; readonly frame: Frame }) {
  const bare = (word: string) => word.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  const known = new Set(base.text.split(/\s+/).map(bare));
  return frame.text
    .split(/(\s+)/)
    .map((word, at) => (bare(word) === "" || known.has(bare(word)) ? word : <mark key={at}>{word}</mark>));
}

function UnfinishedNote() {
  const { run, model, text } = useStudio();
  const { train } = text.value;
  const { value: left } = run.unfinished;
  if (left === undefined || run.isBusy.value) return null;
  const isOpen = model.facts.value?.name === left.model;
  const { source } = left;
  return (
    <div class="note" role="status">
      <p>
        {train.unfinished(left.name, left.step, left.steps)} {!isOpen && train.otherModel(left.model)}
      </p>
      <div class="row">
        {isOpen ? (
          <button type="button" class="main" disabled={!model.isReady.value} onClick={() => void run.resume()}>
            {train.resume(left.step)}
          </button>
        ) : (
          source !== "files" && (
            <button type="button" class="main" onClick={() => void model.choose({ kind: source })}>
              {left.model}
            </button>
          )
        )}
        <button type="button" class="plain" onClick={() => void run.forget()}>
          {train.forget}
        </button>
      </div>
    </div>
  );
}
