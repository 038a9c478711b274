/** The fields of an address: billing and delivery look the same. */
import { type ReactNode, useId } from 'react';
import { RegionField, TextField } from './fields.js';
import { useField } from './hooks.js';
import { COUNTRIES, type Country } from './order.js';

interface AddressProps {
  readonly of: 'billing' | 'delivery';
  readonly title: string;
  readonly isReadOnly?: boolean;
  /** What else belongs to it. */
  readonly children?: ReactNode;
}

export function AddressFields({ of, title, isReadOnly = false, children }: AddressProps) {
  return (
    <fieldset>
      <legend>{title}</legend>
      <TextField path={`${of}.street`} label="Street" isReadOnly={isReadOnly} />
      <TextField path={`${of}.city`} label="City" isReadOnly={isReadOnly} />
      <CountryField of={of} isReadOnly={isReadOnly} />
      <RegionField of={of} isReadOnly={isReadOnly} />
      {children}
    </fieldset>
  );
}

const CODES: readonly Country[] = ['AT', 'CH', 'DE'];

function CountryField({ of, isReadOnly }: { of: AddressProps['of']; isReadOnly: boolean }) {
  const { value, set } = useField(`${of}.country`);
  const id = useId();
  const choose = (chosen: string) => {
    const code = CODES.find((known) => known === chosen);
    if (code) set(code);
  };
  return (
    <div className="field">
      <label htmlFor={id}>Country</label>
      <select
        id={id}
        value={value}
        disabled={isReadOnly}
        onChange={({ target }) => choose(target.value)}
      >
        {CODES.map((code) => (
          <option key={code} value={code}>
            {COUNTRIES[code]}
          </option>
        ))}
      </select>
    </div>
  );
}
