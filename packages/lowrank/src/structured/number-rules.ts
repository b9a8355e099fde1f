// JSON numbers within bounds, as rules. A number has at most 15 digits, so that its text and its float64 are the same number.

import { memoized, oneOf, type Rule, text } from "./rules.ts";

/** All bounds are included. */
export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  readonly isInteger: boolean;
  /** Numbers that `min` and `max` exclude. */
  readonly excluded: readonly number[];
}

/** Any number. */
export const unbounded: Omit<NumberBounds, "isInteger"> = {
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  excluded: [],
};

const digits = 15;

/** Undefined if there is no such number. */
export function numeral(bounds: NumberBounds): Rule | undefined {
  const { min, max, isInteger, excluded } = bounds;
  const finite = [min, max].filter(Number.isFinite);
  const longest = Math.max(...finite.map((bound) => Math.trunc(Math.abs(bound)).toFixed(0).length));
  const wholeDigits = isInteger ? digits : Math.min(finite.length < 2 ? Math.max(10, longest) : longest, digits);
  const decimals = isInteger ? 0 : Math.min(6, digits - wholeDigits);
  const scale = 10 ** decimals;
  const fits = (value: number) => value >= min && value <= max && !excluded.includes(value);
  // Numbers are counted in units of the last digit.
  const most = 10 ** (wholeDigits + decimals) - 1;
  const nearest = (from: number, step: number) => {
    let units = Math.min(Math.max(Math.round(from * scale) - step, -most), most);
    for (let tries = 0; tries < 4 && !fits(units / scale); tries++) units += step;
    return units;
  };
  const [low, high] = [nearest(min, 1), nearest(max, -1)];
  if (!(low <= high && fits(low / scale) && fits(high / scale))) return undefined;
  const isFree = low <= -most && high >= most;

  /** Whether a number within the bounds begins so. */
  const canContinue = (start: string): boolean => {
    const [, sign, whole = "", , fraction] = /^(-?)(\d*)(\.(\d*))?$/.exec(start) ?? [];
    if (whole === "") return low < 0; // a sign alone
    const used = fraction?.length ?? 0;
    if (whole.length > wholeDigits || used > decimals) return false;
    const longer = whole === "0" || fraction !== undefined ? 0 : wholeDigits - whole.length;
    // The least and the greatest size, for each number of digits that may come before the point.
    const written = Number(whole + (fraction ?? ""));
    for (let more = 0; more <= longer; more++) {
      const unit = 10 ** (more + decimals - used);
      const least = written * unit;
      const greatest = least + unit - 1;
      if (sign === "-" ? -greatest <= high && -least >= low : least <= high && greatest >= low) return true;
    }
    return false;
  };
  const isNumber = (written: string) => /\d$/.test(written) && fits(Number(written));
  const after = memoized(
    (written: string): Rule =>
      oneOf(() => [
        ...(isNumber(written) ? [[]] : []),
        ...continuations(written)
          .filter((more) => canContinue(written + more))
          .map((more) => [...text(more), after(isFree ? shapeOf(written + more) : written + more)]),
      ]),
  );
  function continuations(written: string): readonly string[] {
    const ten = Array.from("0123456789");
    if (written === "") return ["-", ...ten];
    if (/^-?0$/.test(written)) return decimals > 0 ? ["."] : [];
    return /^-?\d+$/.test(written) && decimals > 0 ? [".", ...ten] : ten;
  }
  return after("");
}

/** Without bounds only the number of digits matters: one rule for all. */
function shapeOf(written: string): string {
  return written.replace(/\d/g, (digit, index) => (digit === "0" && /^-?$/.test(written.slice(0, index)) ? "0" : "1"));
}
