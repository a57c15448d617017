"""Makes a running Orthanc act as SCU: act_orthanc.py HTTP-PORT ACTION HOST PORT CALLED CALLING INSTANCE-ID [tls]"""

import json
import sys
import urllib.error
import urllib.request


def call(http, method, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", method=method, data=body.encode())
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        # What the peer did to it is for Assay to judge from the wire; here it only matters that Orthanc acted.
        return f"HTTP {refused.code}: {refused.read().decode(errors='replace')[:200]}"


def main(http, action, host, port, called, calling, instance, tls=""):
    modality = f"peer{port}"
    call(http, "PUT", f"/modalities/{modality}", json.dumps(
        {"AET": called, "Host": host, "Port": int(port), "Manufacturer": "Generic", "LocalAet": calling, "Timeout": 10,
         "UseDicomTls": tls == "tls"}))
    if action == "echo":
        print(call(http, "POST", f"/modalities/{modality}/echo", "{}"))
    elif action == "store":
        print(call(http, "POST", f"/modalities/{modality}/store", json.dumps({"Resources": [instance]})))
    elif action == "find":
        print(call(http, "POST", f"/modalities/{modality}/query", json.dumps({"Level": "Study", "Query": {"PatientName": ""}})))
    else:
        sys.exit(f"no such action: {action}")


if __name__ == "__main__":
    main(*sys.argv[1:])
