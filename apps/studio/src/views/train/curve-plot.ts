// uPlot, drawing the curves in the page's colours.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type ChartColumns, earlierLines, lossRange } from "./chart-data.ts";

const height = 240;

export interface PlotView {
  readonly columns: ChartColumns;
  readonly steps: number;
  readonly isLog: boolean;
}

/** A chart inside `parent`. `onHover` receives the step and the loss at the pointer. */
export class CurvePlot {
  readonly #plot: uPlot;
  readonly #resized: ResizeObserver;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = () => this.#plot.redraw();

  constructor(
    private readonly parent: HTMLElement,
    private view: PlotView,
    onHover: (found: { readonly step: number; readonly loss: number } | undefined) => void,
  ) {
    this.#plot = new uPlot(this.#options(onHover), view.columns as uPlot.AlignedData, parent);
    this.#resized = new ResizeObserver(() => this.#plot.setSize({ width: parent.clientWidth, height }));
    this.#resized.observe(parent);
    this.#scheme.addEventListener("change", this.#redraw);
  }

  show(view: PlotView): void {
    this.view = view;
    this.#plot.setData(view.columns as uPlot.AlignedData);
  }

  get canvas(): HTMLCanvasElement {
    return this.#plot.ctx.canvas;
  }

  dispose(): void {
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#resized.disconnect();
    this.#plot.destroy();
  }

  #options(onHover: (found: { readonly step: number; readonly loss: number } | undefined) => void): uPlot.Options {
    const { parent, view } = this;
    // A canvas cannot read light-dark(): the colour is read from an element that has it.
    const colour = (name: string) => () => getComputedStyle(parent.querySelector(`.ink-${name}`) ?? parent).color;
    const axis = { stroke: colour("quiet"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    const line = (name: string, width: number, more: uPlot.Series = {}): uPlot.Series => {
      return { stroke: colour(name), width, points: { show: false }, spanGaps: true, ...more };
    };
    return {
      width: parent.clientWidth || 600,
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { setScale: false, x: false, y: false } },
      scales: {
        x: { time: false, range: () => [0, Math.max(2, this.view.steps)] },
        y: { distr: view.isLog ? 3 : 1, range: () => lossRange(this.view.columns, this.view.isLog) },
      },
      axes: [
        { ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        line("faint", 1),
        line("accent", 2.5),
        line("warm", 2, { points: { show: true, size: 5, stroke: colour("warm"), fill: colour("warm") } }),
        line("warm", 1.5, { dash: [5, 5] }),
        ...Array.from({ length: earlierLines }, () => line("faint", 1.5)),
      ],
      hooks: {
        setCursor: [
          ({ cursor, data }) => {
            const step = cursor.idx === null || cursor.idx === undefined ? undefined : data[0][cursor.idx];
            const loss = cursor.idx === null || cursor.idx === undefined ? undefined : data[2]?.[cursor.idx];
            onHover(step === undefined || loss === undefined || loss === null ? undefined : { step, loss });
          },
        ],
      },
    };
  }
}
