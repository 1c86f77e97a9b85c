// SMART App Launch is another server's work: what this one has to say of it comes from there.
const CONFIGURATION = '/.well-known/smart-configuration';
const LAUNCH = '/_services/smart/Launch';

export function asksForSmart(path) {
  return path === CONFIGURATION || path === LAUNCH;
}

export async function smartAnswer(authorization, base, path, body) {
  const answered =
    path === CONFIGURATION
      ? await fetch(authorization + CONFIGURATION)
      : // where the CDS Hooks sandbox asks for the launch id of a card's SMART link
        await fetch(`${authorization}/launches`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ iss: base, ...JSON.parse(body) }),
        });
  return [answered.status, await answered.json()];
}
