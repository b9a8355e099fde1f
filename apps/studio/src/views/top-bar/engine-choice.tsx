// What computes, and why not something faster.

import type { EngineName } from "../../protocol/model.ts";
import { useStudio } from "../page/use-studio.ts";

const names: readonly EngineName[] = ["webgpu", "wasm", "cpu"];

/** The service worker came after the page, which it isolates from the next visit on. tfjs takes half the cores at most. */
function couldHaveThreads(): boolean {
  const { serviceWorker, hardwareConcurrency } = navigator;
  return !crossOriginIsolated && serviceWorker?.controller != null && hardwareConcurrency >= 4;
}

export function EngineChoice() {
  const { model, text } = useStudio();
  const words = text.value.model;
  const { value: engine } = model.engine;
  if (engine === undefined) return null;
  const reasons = engine.passedOver.map(({ name, reason }) => words.notUsed(name, reason));
  if (engine.name === "wasm" && engine.threads === 1) reasons.push(words.oneThread);
  return (
    <div class="engine">
      <label class="inline">
        {words.engine}
        <select
          value={engine.name}
          disabled={model.busy.value !== undefined}
          onChange={(event) => void model.changeEngine(event.currentTarget.value as EngineName)}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {words.engineNames[name]}
            </option>
          ))}
        </select>
      </label>
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
