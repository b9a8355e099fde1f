// The live loss curve.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

const height = 220;

/** A chart of training loss by step inside `parent`; `add` draws one more point. */
export class LossChart {
  readonly #parent: HTMLElement;
  readonly #steps: number[] = [];
  readonly #losses: number[] = [];
  readonly #plot: uPlot;
  #lastStep = 1;

  constructor(parent: HTMLElement) {
    this.#parent = parent;
    const axis = { stroke: () => getComputedStyle(parent).color, grid: { stroke: "rgba(127,127,127,0.2)" } };
    this.#plot = new uPlot(
      {
        width: parent.clientWidth || 600,
        height,
        legend: { show: false },
        cursor: { show: false },
        // The whole run from its first step on: how far it is can be seen, and nothing is left of the run before.
        scales: { x: { time: false, range: () => [1, Math.max(2, this.#lastStep)] } },
        axes: [
          { ...axis, label: "step" },
          { ...axis, label: "loss" },
        ],
        // A canvas cannot read light-dark(): the colour is taken from the page, where it is resolved.
        series: [{}, { stroke: () => getComputedStyle(parent).borderTopColor, width: 2 }],
      },
      [[], []],
      parent,
    );
    new ResizeObserver(() => this.#plot.setSize({ width: parent.clientWidth, height })).observe(parent);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot.redraw());
  }

  /** Empties the chart for a run of so many steps. */
  clear(steps: number): void {
    this.#steps.length = 0;
    this.#losses.length = 0;
    this.#lastStep = steps;
    this.#draw();
  }

  add(step: number, loss: number): void {
    this.#steps.push(step);
    this.#losses.push(loss);
    this.#draw();
  }

  #draw(): void {
    this.#plot.setData([this.#steps, this.#losses]);
    const [first, last] = [this.#losses[0], this.#losses.at(-1)];
    const label = "Training loss by step";
    this.#parent.ariaLabel =
      first === undefined || last === undefined
        ? `${label}: no step yet`
        : `${label}: ${first.toFixed(3)} at step ${this.#steps[0]}, ${last.toFixed(3)} at step ${this.#steps.at(-1)}`;
  }
}
