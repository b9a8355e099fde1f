// What one training run shows: the plan, the curve, the figures of the last step, the validation loss.

import type { Report } from "../old-protocol.ts";
import { element } from "./element.ts";
import { LossChart } from "./loss-chart.ts";

type About<Type extends Report["type"]> = Extract<Report, { readonly type: Type }>;

export class RunView {
  readonly #chart = new LossChart(element("chart"));
  readonly #plan = element("plan");
  readonly #validation = element("validation");
  readonly #progress = element("progress");
  /** Only screen readers have it: they would drown in every step's figures. */
  readonly #announcement = element("announcement");
  #lastStep = "";

  /** Empties what the run before left. */
  begin(steps: number): void {
    this.#chart.clear(steps);
    for (const line of [this.#plan, this.#validation, this.#progress]) line.textContent = "";
    this.#lastStep = "";
    this.#announcement.textContent = "Training has started.";
  }

  showPlan({ sites, trainable, share }: About<"planned">): void {
    this.#plan.textContent = `${sites} layers adapted: ${trainable.toLocaleString("en")} trainable parameters, ${(100 * share).toFixed(2)} % of the model.`;
  }

  showStep({ step, steps, loss, tokensPerSecond }: About<"step">): void {
    this.#chart.add(step, loss);
    this.#lastStep = `Step ${step} of ${steps} · loss ${loss.toFixed(3)} · ${Math.round(tokensPerSecond)} tokens/s`;
    this.#progress.textContent = this.#lastStep;
  }

  showValidation({ when, loss }: About<"validated">): void {
    if (when === "before") this.#validation.textContent = `Validation loss before training: ${loss.toFixed(3)}.`;
    else this.#validation.append(` After: ${loss.toFixed(3)}.`);
  }

  showStopping(): void {
    this.#progress.textContent = [this.#lastStep, "stopping…"].filter(Boolean).join(" · ");
  }

  end({ stopped, steps }: About<"trained">): void {
    const said = stopped ? `${this.#lastStep} · stopped` : this.#lastStep;
    this.#progress.textContent = steps === 0 ? "Stopped before the first step: nothing has changed." : said;
    this.#announcement.textContent = `Training has ended. ${this.#progress.textContent}`;
  }
}
