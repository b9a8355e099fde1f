// Rank, layers, and their immediate consequences.

import "./adapt.css";
import { useEffect, useState } from "preact/hooks";
import type { AdapterSettings, TrainingSettings } from "../../protocol/run.ts";
import { defaultAdapter } from "../../state/settings.ts";
import { Drawing } from "../drawing/drawing.tsx";
import { Card } from "../page/card.tsx";
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
      {settings.failure.value && (
        <p class="problem wraps" role="alert">
          {settings.failure.value}
        </p>
      )}
      <MoreSettings />
    </Card>
  );
}

function MoreSettings() {
  const { rows, settings, text } = useStudio();
  const { adapt } = text.value;
  const { value: adapter } = settings.adapter;
  const { value: training } = settings.training;
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
        <NumberField
          label={adapt.steps}
          {...{ value: training.steps, min: 1, max: 5000 }}
          onChange={(steps) => settings.changeTraining({ steps })}
        />
        <NumberField
          label={adapt.batchSize}
          {...{ value: training.batchSize, min: 1, max: 64 }}
          onChange={(batchSize) => settings.changeTraining({ batchSize })}
        />
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
          <NumberField
            label={adapt.learningRate}
            {...{ value: training.learningRate, min: 1e-7, max: 10, isWhole: false }}
            onChange={(learningRate) => settings.changeTraining({ learningRate })}
          />
          <label>
            {adapt.schedule}
            <select
              value={training.schedule}
              onChange={({ currentTarget }) =>
                settings.changeTraining({ schedule: currentTarget.value as TrainingSettings["schedule"] })
              }
            >
              {Object.entries(adapt.schedules).map(([name, words]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <NumberField
            label={adapt.alpha}
            {...{ value: adapter.alpha, min: 1, max: 1024, isWhole: false }}
            onChange={(alpha) => settings.changeAdapter({ alpha })}
          />
          <NumberField
            label={adapt.dropout}
            {...{ value: adapter.dropout, min: 0, max: 0.9, isWhole: false }}
            onChange={(dropout) => settings.changeAdapter({ dropout })}
          />
          <NumberField
            label={adapt.seed}
            {...{ value: training.seed, min: 0, max: 2 ** 32 - 1 }}
            onChange={(seed) => settings.changeTraining({ seed })}
          />
          <label>
            {adapt.start}
            <select
              value={adapter.start}
              onChange={({ currentTarget }) =>
                settings.changeAdapter({ start: currentTarget.value as AdapterSettings["start"] })
              }
            >
              {Object.entries(adapt.starts).map(([name, words]) => (
                <option key={name} value={name}>
                  {words}
                </option>
              ))}
            </select>
          </label>
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

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
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
  return (
    <dl class="plan">
      <div>
        <dt>{adapt.trainable}</dt>
        <dd class="figure">{plan ? adapt.ofAll(plan.trainable, plan.share) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.file}</dt>
        <dd class="figure">{plan ? adapt.megabytes(plan.fileBytes) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.memory}</dt>
        <dd class="figure">{plan ? adapt.megabytes(plan.trainingBytes) : adapt.unknown}</dd>
      </div>
      <div>
        <dt>{adapt.step}</dt>
        <dd class="figure">
          {timing.isTiming.value ? adapt.measuring : seconds !== undefined ? adapt.duration(seconds) : adapt.unknown}
        </dd>
      </div>
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
