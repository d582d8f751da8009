import { createHash, X509Certificate } from 'node:crypto';
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls';

/** An authority of the tests, which may vouch for this machine's own names alone. Its key is public: trust it nowhere else. */
export const testCa = {
  cert: `-----BEGIN CERTIFICATE-----
MIIB+jCCAaCgAwIBAgIUOZpZSDjDdf9XOAJbrh2y2jhIL2cwCgYIKoZIzj0EAwIw
NDEyMDAGA1UEAwwpQ2xvdWRUb0xvY2FsTExNIHRlc3QgQ0EsIHRydXN0IGl0IG5v
d2hlcmUwIBcNMjYxMTIzMTgwNjEzWhgPMjEyNjEwMzAxODA2MTNaMDQxMjAwBgNV
BAMMKUNsb3VkVG9Mb2NhbExMTSB0ZXN0IENBLCB0cnVzdCBpdCBub3doZXJlMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBGHQzqPXZEuRO179walJzDrH0VLULyr0
VUaRPBnc2PnPddK8wP9R1ZduorYVhr/SUydMS3uhxz+wJA17ZpxmUKOBjTCBijAd
BgNVHQ4EFgQULjL67N/Q5d7XvPvq9kIphMRuZzUwHwYDVR0jBBgwFoAULjL67N/Q
5d7XvPvq9kIphMRuZzUwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYw
JwYDVR0eAQH/BB0wG6AZMAuCCWxvY2FsaG9zdDAKhwh/AAAB/////zAKBggqhkjO
PQQDAgNIADBFAiA/QCQbhXnBBVNc2BBczaOnlvSEGUE6YgJeTu/H+e6XggIhAOX4
Z2V/uCDOKxPMS3VcdMUBxOqnxW9VWjAwl3NnEH5A
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnb/l51Yjv+Am/lxx
gGrQJwJmO0BIySSTrtdC+5tM2hKhRANCAAQEYdDOo9dkS5E7Xv3BqUnMOsfRUtQv
KvRVRpE8GdzY+c910rzA/1HVl26ithWGv9JTJ0xLe6HHP7AkDXtmnGZQ
-----END PRIVATE KEY-----
`,
};

/** What it says of `localhost` and 127.0.0.1. */
export const ownCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIB3zCCAYWgAwIBAgIUeyHsyXW6G5IpXlCSG1zFkYxpNuQwCgYIKoZIzj0EAwIw
NDEyMDAGA1UEAwwpQ2xvdWRUb0xvY2FsTExNIHRlc3QgQ0EsIHRydXN0IGl0IG5v
d2hlcmUwIBcNMjYxMTIzMTgwNjEzWhgPMjEyNjEwMjkxODA2MTNaMBQxEjAQBgNV
BAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEUc7ALJqWC3
OZVwHknOLXI1XDQKXTn2iYnU1mmd6NbtOxhRkbGqHxHyeMTLQQaUdIGXVoq1s/vy
UNJA0JF+T1SjgZIwgY8wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYD
VR0lBAwwCgYIKwYBBQUHAwEwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0G
A1UdDgQWBBTMidU2ZG8qvlUtE6ntm8QHofT37TAfBgNVHSMEGDAWgBQuMvrs39Dl
3te8++r2QimExG5nNTAKBggqhkjOPQQDAgNIADBFAiBeOCF+rG9f0FNp/Q71Vmyh
ZPr04cOCtMVPFZrDFO1XYQIhAMTE984TPtHdeRwToPiICc72NtylcNZIlmfxIui4
QaZ+
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2eFM3rp8Ywydk/LR
BHovuo7VdPBkNCssllPQ9B6jR66hRANCAARFHOwCyalgtzmVcB5Jzi1yNVw0Cl05
9omJ1NZpnejW7TsYUZGxqh8R8njEy0EGlHSBl1aKtbP78lDSQNCRfk9U
-----END PRIVATE KEY-----
`,
};

/** Has this process believe the tests' authority. @returns how it is as before */
export function trustTestCa(): () => void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, testCa.cert]);
  return () => {
    setDefaultCACertificates(before);
  };
}

/** What Chromium calls a server's key: `--ignore-certificate-errors-spki-list` takes it. */
export function keyNameOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: testCa.cert }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      const spki = new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' });
      resolve(createHash('sha256').update(spki).digest('base64'));
    });
    socket.once('error', reject);
  });
}
