// The live loss curve.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** A chart of training loss by step inside `parent`; `add` draws one more point. */
export class LossChart {
  readonly #steps: number[] = [];
  readonly #losses: number[] = [];
  readonly #plot: uPlot;

  constructor(parent: HTMLElement) {
    const axis = { stroke: () => getComputedStyle(parent).color, grid: { stroke: "rgba(127,127,127,0.2)" } };
    this.#plot = new uPlot(
      {
        width: parent.clientWidth || 600,
        height: 220,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false } },
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
    new ResizeObserver(() => this.#plot.setSize({ width: parent.clientWidth, height: 220 })).observe(parent);
  }

  clear(): void {
    this.#steps.length = 0;
    this.#losses.length = 0;
    this.#plot.setData([[], []]);
  }

  add(step: number, loss: number): void {
    this.#steps.push(step);
    this.#losses.push(loss);
    this.#plot.setData([this.#steps, this.#losses]);
  }
}
