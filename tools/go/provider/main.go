// Command pulumi-resource-kubernetes is the upstream provider, built from the published module: upstream's own main package
// embeds two files that its release build generates. Neither is needed here, since the schema serves programs written in
// YAML and code generation, and the mapping serves conversion from Terraform.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	provider.Serve("kubernetes", version.Version, []byte("{}"), []byte("{}"))
}
