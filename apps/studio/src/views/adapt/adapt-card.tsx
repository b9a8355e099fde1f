// Rank, layers, and their immediate consequences.

import "./adapt.css";
import { useEffect, useState } from "preact/hooks";
import type { AdapterSettings, TrainingSettings } from "../../protocol/run.ts";
import { defaultAdapter } from "../../state/settings.ts";
import { megabytes } from "../../text/numbers.ts";
import { Drawing } from "../drawing/drawing.tsx";
import { Card } from "../page/card.tsx";
import { Choice } from "../page/choice.tsx";
import { Problem } from "../page/problem.tsx";
import { useStudio } from "../page/use-studio.ts";

const ranks = [1, 2, 4, 8, 16, 32, 64];

export function AdaptCard() {
  const { model, settings, text } = useStudio();
  const { adapt } = text.value;
  const { rank } = settings.adapter.value;
  const place = Math.max(
    0,
    ranks.findIndex((each) => each >= rank),
  );
  return (
    <Card id="adapt" title={adapt.title} lead={adapt.lead} isFolded>
      <label class="rank">
        {adapt.rank}
        <span class="rank-field">
          <input
            type="range"
            min={0}
            max={ranks.length - 1}
            step={1}
            value={place}
            aria-valuetext={String(rank)}
            onInput={({ currentTarget }) => settings.changeRank(ranks[Number(currentTarget.value)] ?? 8)}
          />
          <output class="figure">{rank}</output>
        </span>
      </label>
      <Drawing rank={rank} model={model.facts.value} plan={settings.plan.value} />
      <Targets />
      <PlanFigures />
      <Problem>{settings.failure.value}</Problem>
      <MoreSettings />
    </Card>
  );
}

function MoreSettings() {
  const { rows, settings, text } = useStudio();
  const { adapt } = text.value;
  const { value: adapter } = settings.adapter;
  const { value: training } = settings.training;
  const trainingField = (name: "steps" | "batchSize" | "learningRate" | "seed", limits: Limits) => (
    <NumberField
      {...{ label: adapt[name], value: training[name], ...limits }}
      onChange={(value) => settings.changeTraining({ [name]: value })}
    />
  );
  const adapterField = (name: "alpha" | "dropout", limits: Limits) => (
    <NumberField
      {...{ label: adapt[name], value: adapter[name], ...limits }}
      onChange={(value) => settings.changeAdapter({ [name]: value })}
    />
  );
  return (
    <>
      <div class="more-fields">
        <label class="whole">
          {adapt.watched}
          <input
            type="text"
            maxLength={400}
            value={settings.watched.value}
            placeholder={rows.teachable.value[0]?.says}
            onInput={({ currentTarget }) => settings.set({ watched: currentTarget.value })}
          />
        </label>
        {trainingField("steps", { min: 1, max: 5000 })}
        {trainingField("batchSize", { min: 1, max: 64 })}
      </div>
      <details class="more">
        <summary>{adapt.more}</summary>
        <div class="more-fields">
          <label class="whole">
            {adapt.name}
            <input
              type="text"
              maxLength={60}
              value={settings.name.value}
              placeholder={text.value.train.defaultName}
              onInput={({ currentTarget }) => settings.set({ name: currentTarget.value })}
            />
          </label>
          {trainingField("learningRate", { min: 1e-7, max: 10, isWhole: false })}
          <Choice
            label={adapt.schedule}
            isInline={false}
            value={training.schedule}
            options={Object.entries(adapt.schedules) as [TrainingSettings["schedule"], string][]}
            onChange={(schedule) => settings.changeTraining({ schedule })}
          />
          {adapterField("alpha", { min: 1, max: 1024, isWhole: false })}
          {adapterField("dropout", { min: 0, max: 0.9, isWhole: false })}
          {trainingField("seed", { min: 0, max: 2 ** 32 - 1 })}
          <Choice
            label={adapt.start}
            isInline={false}
            value={adapter.start}
            options={Object.entries(adapt.starts) as [AdapterSettings["start"], string][]}
            onChange={(start) => settings.changeAdapter({ start })}
          />
          <label class="whole">
            <span>
              {adapt.held}: <output class="figure">{adapt.heldShare(training.validationShare)}</output>
            </span>
            <input
              type="range"
              min={0}
              max={0.5}
              step={0.05}
              value={training.validationShare}
              aria-valuetext={adapt.heldShare(training.validationShare)}
              onInput={({ currentTarget }) => settings.changeTraining({ validationShare: Number(currentTarget.value) })}
            />
          </label>
          <label class="whole">
            {adapt.reward}
            <textarea
              {...{ rows: 3, maxLength: 4000, spellcheck: false, value: training.reward ?? "" }}
              placeholder='({ prompt, completion, answer }) => completion.endsWith("?") ? 1 : 0'
              onInput={({ currentTarget: { value } }) =>
                settings.changeTraining({ reward: value.trim() ? value : undefined })
              }
            />
          </label>
          <label class="inline whole">
            <input
              type="checkbox"
              checked={adapter.useDora}
              onChange={({ currentTarget }) => settings.changeAdapter({ useDora: currentTarget.checked })}
            />
            {adapt.dora}
          </label>
          <button type="button" class="whole" onClick={() => settings.set({ adapter: defaultAdapter, training: {} })}>
            {adapt.reset}
          </button>
        </div>
      </details>
    </>
  );
}

interface Limits {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}

interface NumberFieldProps extends Limits {
  readonly label: string;
  readonly value: number;
  onChange(value: number): void;
}

function NumberField({ label, value, min, max, isWhole = true, onChange }: NumberFieldProps) {
  const [typed, setTyped] = useState(String(value));
  useEffect(() => {
    if (Number(typed) !== value) setTyped(String(value));
  }, [value]);
  const isRight = (text: string) => {
    const number = Number(text);
    return text.trim() !== "" && number >= min && number <= max && (!isWhole || Number.isInteger(number));
  };
  return (
    <label>
      {label}
      <input
        type="number"
        inputMode={isWhole ? "numeric" : "decimal"}
        {...{ min, max }}
        step={isWhole ? 1 : "any"}
        value={typed}
        aria-invalid={!isRight(typed)}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          if (isRight(currentTarget.value)) onChange(Number(currentTarget.value));
        }}
        onBlur={() => setTyped(String(value))}
      />
    </label>
  );
}

function PlanFigures() {
  const { settings, timing, text } = useStudio();
  const { adapt } = text.value;
  const { value: plan } = settings.plan;
  const { value: seconds } = timing.stepSeconds;
  const figures = [
    [adapt.trainable, plan && adapt.ofAll(plan.trainable, plan.share)],
    [adapt.file, plan && megabytes(plan.fileBytes)],
    [adapt.memory, plan && megabytes(plan.trainingBytes)],
    [adapt.step, timing.isTiming.value ? adapt.measuring : seconds && adapt.duration(seconds)],
  ] as const;
  return (
    <dl class="plan">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="figure">{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

function Targets() {
  const { model, settings, text } = useStudio();
  const { value: facts } = model.facts;
  if (facts === undefined) return null;
  const { targets } = settings.adapter.value;
  const isOn = (name: string) => targets === "all-linear" || targets.includes(name);
  return (
    <fieldset class="targets">
      <legend>{text.value.adapt.targets}</legend>
      {facts.targets.map((name) => (
        <label key={name} class={`chip ${isOn(name) ? "is-on" : ""}`}>
          <input type="checkbox" checked={isOn(name)} onChange={() => settings.toggleTarget(name, facts.targets)} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
