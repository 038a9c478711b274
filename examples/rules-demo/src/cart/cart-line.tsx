/** One line of the cart: it looks at its own paths only. */
import { useStore } from './hooks.js';
import { euros } from './shop.js';

/** More pieces than this cannot be typed in. */
const QUANTITY_MAX = 99;

export function CartLine({ id, remove }: { id: string; remove: () => void }) {
  const [line] = useStore(`lines.${id}`);
  const [, setIsSelected] = useStore(`lines.${id}.isSelected`);
  const [, setIsSoldOut] = useStore(`lines.${id}.isSoldOut`);
  // A line that was removed may be asked once more, before the list that holds it.
  if (line === undefined) return null;
  const { name, priceCents, totalCents, isSelected, isSoldOut } = line;
  return (
    <tr aria-label={name} className={isSoldOut ? 'sold-out' : undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`${name} selected`}
          checked={isSelected}
          disabled={isSoldOut}
          onChange={({ target }) => setIsSelected(target.checked)}
        />
      </td>
      <th scope="row">{name}</th>
      <td className="price">{euros(priceCents)}</td>
      <td>
        <Quantity id={id} name={name} />
      </td>
      <td data-testid="total">{euros(totalCents)}</td>
      <td>
        <input
          type="checkbox"
          aria-label={`${name} sold out`}
          checked={isSoldOut}
          onChange={({ target }) => setIsSoldOut(target.checked)}
        />
      </td>
      <td>
        <button type="button" className="small" aria-label={`Remove ${name}`} onClick={remove}>
          ×
        </button>
      </td>
    </tr>
  );
}

function Quantity({ id, name }: { id: string; name: string }) {
  const [quantity, setQuantity] = useStore(`lines.${id}.quantity`);
  const take = (text: string) => {
    const pieces = Number(text);
    if (Number.isInteger(pieces) && pieces >= 0 && pieces <= QUANTITY_MAX) setQuantity(pieces);
  };
  return (
    <input
      type="number"
      aria-label={`Pieces of ${name}`}
      min={0}
      max={QUANTITY_MAX}
      value={quantity ?? 0}
      onChange={({ target }) => take(target.value)}
    />
  );
}
