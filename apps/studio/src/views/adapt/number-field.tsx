// A number that takes effect while it is typed, as long as it is one within its bounds.

import { useEffect, useState } from "preact/hooks";

export interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
  onChange(value: number): void;
}

export function NumberField({ label, value, min, max, isWhole = true, onChange }: NumberFieldProps) {
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
