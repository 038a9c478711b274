/** Fields of a form: each knows one path of the store, and takes all it shows from there. */
import { useId, useState } from 'react';
import { useField } from './hooks.js';

type AddressName = 'billing' | 'delivery';
type TextPath =
  | `customer.${'name' | 'email' | 'vatNumber'}`
  | `${AddressName}.${'street' | 'city'}`
  | 'delivery.date';

interface TextFieldProps {
  readonly path: TextPath;
  /** Not needed where a rule gives the label. */
  readonly label?: string;
  readonly type?: 'text' | 'email' | 'date';
  readonly isReadOnly?: boolean;
}

export function TextField({ path, label, type = 'text', isReadOnly = false }: TextFieldProps) {
  const { value, set, concerns } = useField(path);
  // Nobody wants to read what is wrong with a field before it was filled in.
  const [wasLeft, setWasLeft] = useState(false);
  const id = useId();
  const issue = wasLeft ? concerns.validation?.issues[0] : undefined;
  return (
    <div className="field">
      <label htmlFor={id}>{label ?? String(concerns.label)}</label>
      <input
        id={id}
        type={type}
        value={value ?? ''}
        placeholder={typeof concerns.placeholder === 'string' ? concerns.placeholder : undefined}
        readOnly={isReadOnly}
        aria-invalid={issue !== undefined}
        aria-describedby={concerns.validation && `${id}-issue`}
        onChange={({ target }) => set(target.value)}
        onBlur={() => setWasLeft(true)}
      />
      {concerns.validation && (
        <p id={`${id}-issue`} className="issue" aria-live="polite">
          {issue?.message}
        </p>
      )}
    </div>
  );
}

/** A region of the country: which there are is a choice of the rules. */
export function RegionField({ of, isReadOnly }: { of: AddressName; isReadOnly: boolean }) {
  const { value, set, concerns } = useField(`${of}.region`);
  const id = useId();
  const regions = Array.isArray(concerns.options) ? concerns.options.map(String) : [];
  return (
    <div className="field">
      <label htmlFor={id}>Region</label>
      <select
        id={id}
        value={value ?? ''}
        disabled={isReadOnly}
        onChange={({ target }) => set(target.value === '' ? null : target.value)}
      >
        <option value="">choose</option>
        {regions.map((region) => (
          <option key={region}>{region}</option>
        ))}
      </select>
    </div>
  );
}
