// A list of options to choose one of, with its label.

import type { ComponentChildren } from "preact";

interface ChoiceProps<Value extends string> {
  readonly label: ComponentChildren;
  /** Whether the label is in the same line; else it is above. */
  readonly isInline?: boolean;
  readonly value: Value | undefined;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly isDisabled?: boolean;
  onChange(value: Value): void;
}

export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { label, isInline = true, value, options, isDisabled = false, onChange } = props;
  return (
    <label class={isInline ? "inline" : ""}>
      {label}
      <select
        {...{ value, disabled: isDisabled }}
        onChange={({ currentTarget }) => onChange(currentTarget.value as Value)}
      >
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
