"""Objects of one kind, some refused: the objects differ. `assay store` names those that were refused, `assay validate` finds
errors in them and in no other, and `assay diff` beside an accepted one shows what they differ in."""

import json
import unittest

import products
import pydicom
from scu_support import ROOT_UID, storescp, study


class RefusedObjects(unittest.TestCase):
    maxDiff = None

    def test_the_refused_ones_are_those_with_the_error(self):
        with products.scratch() as folder, storescp(folder) as (target, _):
            files = study(folder / "files", 1, images=5)
            flawed = (files[1], files[3])
            for file in flawed:
                data = pydicom.dcmread(file)
                del data.SOPInstanceUID  # the File Meta Information still has one
                data.save_as(file)
            code, out, err = products.assay("store", target, *files, "--json")
            self.assertEqual(code, 1, err)
            report = json.loads(out)
            refused = {one["file"] for one in report["problems"] if one["outcome"] == "refused"}
            self.assertEqual(refused, {str(file) for file in flawed}, report)
            # The same files have an error that the others do not have.
            _, out, _ = products.assay("validate", *files, "--json", "--only", "ps3.5/7.4*/**")
            *judged, _ = map(json.loads, out.splitlines())
            errors = {file["file"]: {(f["rule"], f["path"]) for f in file["findings"] if f["severity"] == "error"} for file in judged}
            common = set.intersection(*errors.values())
            self.assertEqual({file for file, found in errors.items() if found - common}, refused)
            for file in refused:
                self.assertEqual(errors[file] - common, {("ps3.5/7.4.1/type-1-missing", "(0008,0018)")})
            # Beside an accepted one they differ in this and in what images of a series differ in.
            code, out, _ = products.assay("diff", files[0], flawed[0], "--ignore", "InstanceNumber", "--ignore", "(0002,*)", "--json")
            self.assertEqual(code, 1)
            differences = [json.loads(line) for line in out.splitlines()]
            self.assertEqual([(one["difference"], one["path"]) for one in differences], [("only-first", "(0008,0018)")])
            self.assertTrue(differences[0]["first"].startswith(ROOT_UID))


if __name__ == "__main__":
    unittest.main()
