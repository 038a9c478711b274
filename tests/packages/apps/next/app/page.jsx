/** A server component, which gives the provider its options. */
import { AimDbProvider } from '@aimdb/react';
import { Mean } from './mean';
import { Vienna } from './vienna';

const options = {
  records: { 'sensors.temperature.vienna': { schemaType: 'temperature', buffer: 'SingleLatest' } },
  bridge: { url: process.env.AIMDB_SERVER_URL, subscribeTopics: ['sensors/#'] },
};

export default function Page() {
  return (
    <AimDbProvider options={options}>
      <Vienna />
      <Mean />
    </AimDbProvider>
  );
}
