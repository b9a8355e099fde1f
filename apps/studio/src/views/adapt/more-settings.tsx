// What most runs leave as it is.

import type { AdapterSettings, TrainingSettings } from "../../protocol/run.ts";
import { defaultAdapter } from "../../state/settings.ts";
import { useStudio } from "../page/use-studio.ts";
import { NumberField } from "./number-field.tsx";

export function MoreSettings() {
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
