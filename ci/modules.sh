# Prints the folder of every module of the workspace.
go list -m -f '{{.Dir}}'
