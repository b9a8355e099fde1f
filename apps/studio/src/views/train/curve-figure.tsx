// The chart with its legend and buttons, once there is data. The drawing code is loaded with the first step.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { curveAsCsv, smoothed } from "../../state/curve.ts";
import { saveBlob, useStudio } from "../page/use-studio.ts";
import { chartColumns } from "./chart-data.ts";
import type { CurvePlot } from "./curve-plot.ts";

export function CurveCard() {
  const { run, settings, text } = useStudio();
  const { train } = text.value;
  const [isLog, setIsLog] = useState(false);
  const [isMissing, setIsMissing] = useState(false);
  const [hovered, setHovered] = useState<{ readonly step: number; readonly loss: number }>();
  const parent = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot | undefined>(undefined);
  const { value: curve } = run.curve;
  const { value: earlier } = run.earlier;
  const isEmpty = curve.training.length === 0 && earlier.length === 0;
  const steps = run.last.value?.steps ?? settings.training.value.steps;
  // Created again only for new data: hovering draws the figure again, but not the chart.
  const view = useMemo(
    () => ({ columns: chartColumns({ training: curve, earlier, steps }), steps, isLog }),
    [curve, earlier, steps, isLog],
  );

  const latest = useRef(view);
  latest.current = view;

  useEffect(() => {
    const { current: place } = parent;
    if (place === null || isEmpty) return undefined;
    let isGone = false;
    const draw = async () => {
      const loaded = await import("./curve-plot.ts").catch(() => undefined);
      setIsMissing(loaded === undefined);
      if (loaded !== undefined && !isGone) plot.current = new loaded.CurvePlot(place, latest.current, setHovered);
    };
    void draw();
    return () => {
      isGone = true;
      plot.current?.dispose();
      plot.current = undefined;
    };
  }, [isEmpty, isLog]);
  useEffect(() => plot.current?.show(view), [view]);

  if (isEmpty) return null;
  const smooth = smoothed(curve.training);
  const [first, last] = [smooth[0], smooth.at(-1)];
  const label = first && last ? train.chartLabel(first[1].toFixed(2), last[1].toFixed(2), last[0]) : train.earlierLine;
  const savePng = () => plot.current?.canvas.toBlob((blob) => blob && saveBlob(blob, "loss.png"));
  return (
    <figure class="curve">
      <figcaption class="curve-head">
        <h3>{run.last.value?.reward === undefined ? train.loss : train.reward}</h3>
        <span class="figure">
          {hovered ? train.hovered(hovered.step, hovered.loss.toFixed(3)) : last ? last[1].toFixed(3) : ""}
        </span>
      </figcaption>
      <div ref={parent} class="plot" role="img" aria-label={label}>
        {["quiet", "line", "accent", "warm", "faint"].map((name) => (
          <i key={name} class={`ink-${name}`} hidden />
        ))}
      </div>
      {isMissing && <p role="alert">{train.chartMissing}</p>}
      <ul class="legend quiet">
        <li class="is-training">{train.trainingLine}</li>
        {curve.validation.length > 0 && <li class="is-validation">{train.validationLine}</li>}
        {curve.validation.length > 0 && <li class="is-base">{train.baseLine}</li>}
        {earlier.length > 0 && <li class="is-earlier">{train.earlierLine}</li>}
      </ul>
      <div class="row curve-tools">
        <label class="inline">
          <input type="checkbox" checked={isLog} onChange={({ currentTarget }) => setIsLog(currentTarget.checked)} />
          {train.log}
        </label>
        <button type="button" class="plain" onClick={savePng}>
          {train.savePng}
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => saveBlob(new Blob([curveAsCsv(curve)], { type: "text/csv" }), "loss.csv")}
        >
          {train.saveCsv}
        </button>
      </div>
    </figure>
  );
}
