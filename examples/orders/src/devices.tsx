/** Devices that this page was never told of: their records come and go with the server's topics. */
import { useRecord, useRecordKeys } from '@aimdb/react';

export function Devices() {
  const keys = useRecordKeys().filter((key) => key.startsWith('devices.'));
  return (
    <section aria-label="Devices">
      <h2>Devices, adopted</h2>
      {keys.length === 0 && <p>No device has reported.</p>}
      <ul>
        {keys.map((key) => (
          <Device key={key} record={key} />
        ))}
      </ul>
    </section>
  );
}

function Device({ record }: { record: string }) {
  const value = useRecord(record) as { celsius: number; battery?: number } | null;
  return (
    <li>
      <b>{record}</b> {value === null ? 'no value' : `${value.celsius} °C`}
    </li>
  );
}
