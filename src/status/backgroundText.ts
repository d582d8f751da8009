import { inEnglish, type Say } from '../base/say.ts';
import type {
  BackgroundFault,
  BackgroundNote,
  BackgroundStatus,
  BackgroundWords,
  FaultWords,
  Installed,
  InstallPlan,
  Removed,
  ServiceKind,
} from '../protocol/backgroundAgent.ts';

/** A fault of the background agent, for a person. */
function faultWords({ code, detail }: BackgroundFault, t: Say = inEnglish): FaultWords {
  switch (code) {
    case 'noNode':
      return {
        happened: detail === '' ? t('No Node was found on this computer.') : t('No Node here can run the agent ({0}).', detail),
        next: t('It needs Node 22.13 or newer: install it from nodejs.org, or choose one that you have.'),
      };
    case 'nodeUnfit':
      return { happened: t('This Node cannot run the agent ({0}).', detail), next: t('Choose one of version 22.13 or newer.') };
    case 'noRelay':
      return { happened: t('No relay is set up, so nobody could reach this computer.'), next: t('Set up a relay first.') };
    case 'noManager':
      return {
        happened: t('Nothing answers here that runs services for your user ({0}).', detail),
        next: t(
          'Log in at this computer in the usual way and try again. In a container there is no such thing: run the agent by hand there.',
        ),
      };
    case 'unsupported':
      return {
        happened: t('This system ({0}) has no service that the agent could be.', detail),
        next: t('Run the agent by hand, or have the system start it: cloudtolocalllm agent.'),
      };
    case 'unsafePath':
      return {
        happened: t('The file of the service cannot hold this path: {0}.', detail),
        next: t('Choose a Node, or a state folder, whose path has no quotes, line ends and signs for variables.'),
      };
    case 'cannotWrite':
      return { happened: t('This cannot be written or removed: {0}.', detail), next: t('Check who may write there and the free space on the disk, then try again.') }; // prettier-ignore
    case 'programMissing':
      return { happened: t('The program to copy is not whole, or was just replaced: {0}.', detail), next: t('Try again. If it stays so, install the extension anew.') }; // prettier-ignore
    case 'alreadyAtWork':
      return {
        happened: t('Another window or terminal is installing or removing it right now.'),
        next: t('Wait a moment, then try again.'),
      };
    case 'foreignService':
      return {
        happened: t('There is a service of this name already that was not installed from this state folder: {0}.', detail),
        next: t('Remove it where it was installed, or delete its file, then try again.'),
      };
    case 'notTaken':
      return {
        happened: t('The system did not take the service ({0}).', detail),
        next: t('What was there before is there again. Mend what it names, then try again.'),
      };
    case 'notStarted':
      return {
        happened:
          detail === '' ? t('The agent was installed and did not start.') : t('The agent was installed and did not start ({0}).', detail),
        next: t('What was there before is there again. Mend what it names, then try again.'),
      };
    case 'notInstalled':
      return { happened: t('No background agent is installed.'), next: t('There is nothing to remove.') };
    case 'cannotStop':
      return {
        happened: t('The background agent does not end ({0}).', detail),
        next: t('Nothing was removed. End that process, then try again.'),
      };
    case 'recordDamaged':
      return {
        happened: t('What was noted of the installation cannot be read: {0}.', detail),
        next: t('Delete that file and the file of the service, then install it again.'),
      };
  }
}

function noteWords(note: BackgroundNote, t: Say = inEnglish): string {
  switch (note) {
    case 'lingerOff':
      return t(
        'It runs while you are logged in. To have it run from the start of the computer until its end, type once: loginctl enable-linger',
      );
    case 'loopbackRelay':
      return t('The relay is on this computer alone: browsers here reach it, a phone does not.');
    case 'kindUntried':
      return t(
        'On this system it has not been tried by those who made it: whether it runs is looked at now, whether it comes back after a restart is not.',
      );
  }
}

const kindNames: Readonly<Record<ServiceKind, string>> = {
  systemd: 'systemd --user',
  launchd: 'launchd',
  taskScheduler: 'Windows Task Scheduler',
};

/** All that an installation will do, line by line, with the service's file as it will stand there. */
function planText(plan: InstallPlan, t: Say = inEnglish): string {
  const { copy, unit, node, kind, version, replaces, stateFolder, relay } = plan;
  const kilobytes = Math.ceil(copy.bytes / 1000);
  return [
    t('This computer stays reachable over {0} while no editor runs.', relay),
    replaces === undefined
      ? t('Nothing has been written yet. It will be:')
      : t('Nothing has been written yet. Version {0} is replaced. It will be:', replaces),
    '',
    t('The program, version {0}: {1} files, {2} kB, copied to', version, copy.files, kilobytes),
    `    ${copy.folder}`,
    t('It runs with Node {0}, which was tried:', node.version),
    `    ${node.path}`,
    t('Its state folder, which the editor has too:'),
    `    ${stateFolder}`,
    t('Notes of its own:'),
    ...plan.others.map((file) => `    ${file}`),
    t('The file of the service ({0}):', kindNames[kind]),
    `    ${unit.path}`,
    '',
    ...unit.text.trimEnd().split('\n').map((line) => `    | ${line}`), // prettier-ignore
    '',
    t('Then these are run:'),
    ...plan.commands.map((command) => `    ${command}`),
    ...plan.notes.flatMap((note) => ['', noteWords(note, t)]),
    '',
  ].join('\n');
}

/** What is so after the installation, in a few sentences. */
function installedText({ version, pid, notes }: Installed, t: Say = inEnglish): string {
  return [t('This computer stays reachable: the background agent {0} runs (process {1}).', version, pid), ...notes.map((note) => noteWords(note, t))].join(' '); // prettier-ignore
}

function removedText({ removed, keptAside }: Removed, t: Say = inEnglish): string {
  const aside = keptAside === undefined ? [] : [t('The file of the service had been changed by somebody; it is kept as {0}.', keptAside)];
  return [
    t('The background agent has ended and is removed: {0} files and folders. Chats, pairings and the relay are kept.', removed.length),
    ...aside,
  ].join(' ');
}

/** Everything that is known of it, line by line. */
function backgroundStatusText(status: BackgroundStatus, t: Say = inEnglish): string {
  const { installed, running, ownVersion, lastNote, notes } = status;
  const runs = running
    ? t(
        'Running: yes, version {0} on Node {1}, process {2}, since {3}',
        running.version,
        running.nodeVersion,
        running.pid,
        new Date(running.since).toISOString(),
      )
    : t('Running: no');
  if (!installed) return [t('Installed: no'), runs].join('\n');
  const { version, renewedFrom, kind, node, unit, folder } = installed;
  return [
    t('Installed: version {0}, as {1}, {2}', version, kindNames[kind], new Date(installed.at).toISOString()),
    ...(renewedFrom === undefined ? [] : [t('Renewed by itself from version {0} at the start of a newer window', renewedFrom)]),
    ...(version === ownVersion
      ? []
      : [t('This program is version {0}: a newer window renews an older copy at its next start', ownVersion)]),
    runs,
    installed.nodeWorks
      ? t('Node: {0}, {1}', node.version, node.path)
      : t('Node: {0} no longer runs the agent; install it again', node.path),
    installed.copy === 'asWritten' ? t('Program: {0}', folder) : t('Program: {0} is missing; install it again', folder),
    unit.state === 'asWritten'
      ? t('Service file: {0}', unit.path)
      : unit.state === 'changed'
        ? t('Service file: {0}, changed by somebody since', unit.path)
        : t('Service file: {0} is missing; install it again', unit.path),
    ...(installed.registered === undefined
      ? [t('The system cannot be asked about it')]
      : [installed.registered ? t('The system knows it') : t('The system does not know it; install it again')]),
    ...(lastNote === undefined ? [] : [t('Its last note: {0}', lastNote)]),
    ...notes.map((note) => noteWords(note, t)),
  ].join('\n');
}

export const backgroundWords: BackgroundWords = {
  fault: faultWords,
  note: noteWords,
  plan: planText,
  installed: installedText,
  removed: removedText,
  status: backgroundStatusText,
};
